import { run } from "../../src/cli/program.js";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command in a folder, without a process of its own and without an environment. */
export async function runCommand(
  directory: string,
  args: readonly string[],
  input = "",
): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    readInput: () => Promise.resolve(input),
    untilStopped: () => Promise.resolve(),
    environment: {},
    directory,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
