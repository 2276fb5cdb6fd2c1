import type { Line } from "../verify/verify.js";

/** An exported ledger as text: one entry a line. */

/** Texts of whole lines, about as long as the pieces: line by line would cost more than the check. */
export async function* wholeLines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const end = piece.lastIndexOf("\n") + 1;
    if (end === 0) rest += piece;
    else {
      yield rest + piece.slice(0, end);
      rest = piece.slice(end);
    }
  }
  yield rest;
}

export function linesOf(text: string): Line[] {
  return text.split("\n").filter(isText).map(lineIn);
}

/** The hash that the last line claims to have. */
export function lastHashIn(text: string): unknown {
  const lines = text.trimEnd();
  return lineIn(lines.slice(lines.lastIndexOf("\n") + 1)).hash;
}

/** Empty lines do no harm. */
function isText(line: string): boolean {
  return line.trim() !== "";
}

/** What is no JSON object becomes one without fields, which is no entry. */
function lineIn(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    return (typeof value === "object" && value !== null ? value : {}) as Line;
  } catch {
    return {} as Line;
  }
}
