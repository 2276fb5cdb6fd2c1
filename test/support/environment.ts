/**
 * The environment for a server or command that a test starts: ours without the variables of the test run itself
 * (the server refuses `SEATKEEPER_` variables that it does not know), and with those given.
 */
export function environmentWith(
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !entry[0].startsWith("SEATKEEPER_"),
  );
  return { ...Object.fromEntries(inherited), ...variables };
}
