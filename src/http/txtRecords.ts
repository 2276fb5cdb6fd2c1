import { Resolver } from "node:dns/promises";

/** Asks the system's name servers; several strings of one record belong together (RFC 7208 §3.3 reads them so, too). */
const TIMEOUT_MS = 3_000;
const TRIES = 2;
/** A name without TXT records, or without any: an answer, and no failure. */
const NOTHING_THERE = new Set(["ENODATA", "ENOTFOUND"]);

/** For tests: other servers than the system's (`address:port`), and less patience. */
export interface Asking {
  readonly servers?: readonly string[];
  readonly timeoutMs?: number;
}

/** @throws Error with a `code` of node:dns where nobody answers, or with an error */
export async function txtRecords(
  domain: string,
  { servers, timeoutMs = TIMEOUT_MS }: Asking = {},
): Promise<string[]> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  try {
    return (await resolver.resolveTxt(domain)).map((parts) => parts.join(""));
  } catch (error) {
    if (NOTHING_THERE.has(codeOf(error))) return [];
    throw error;
  }
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
