import { distance } from "fastest-levenshtein";

/**
 * "Did you mean": the known word nearest to one that is not known. Used wherever a person writes names by hand:
 * configuration, catalogue, requests to the API, commands.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const folded = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const d = slips(folded, candidate.toLowerCase());
    if (d < bestDistance && isAlike(folded, candidate, d)) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** A third of the letters of the longer one may differ, and one of two; beyond that a suggestion is a guess and misleads. */
function isAlike(word: string, candidate: string, d: number): boolean {
  const length = Math.max(word.length, candidate.length, 1);
  return d < length && d <= Math.max(1, Math.floor(length / 3));
}

/** Two neighbours in the wrong order ("usre") are one slip of the hand, though two letters differ. */
function slips(a: string, b: string): number {
  const d = distance(a, b);
  return d === 2 && a.length === b.length && isSwapped(a, b) ? 1 : d;
}

function isSwapped(a: string, b: string): boolean {
  const at = a.split("").findIndex((letter, index) => letter !== b[index]);
  return a[at] === b[at + 1] && a[at + 1] === b[at];
}

const LISTED_MAX = 12;

/** The second half of a sentence about an unknown name: the nearest known one, else the whole list if it is short. */
export function suggestion(word: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearest(word, names);
  if (near !== undefined) {
    return `Did you mean "${near}"?`;
  }
  return listing(names);
}

/** All of them where they are few. */
export function listing(names: readonly string[]): string {
  if (names.length === 0) return "None exists yet.";
  return names.length <= LISTED_MAX ? `Known: ${names.join(", ")}.` : "";
}

/** `There is no team "x". Did you mean "y"?` */
export function unknownName(kind: string, word: string, known: Iterable<string>): string {
  return `There is no ${kind} "${word}". ${suggestion(word, known)}`.trimEnd();
}
