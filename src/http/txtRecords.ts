import { Resolver } from "node:dns/promises";

/** Asks the system's name servers; several strings of one record belong together (RFC 7208 §3.3 reads them so, too). */
const TIMEOUT_MS = 3_000;
const TRIES = 2;
/** A name without TXT records, or without any: an answer, and no failure. */
const NOTHING_THERE = new Set(["ENODATA", "ENOTFOUND"]);

export async function txtRecords(domain: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  try {
    return (await resolver.resolveTxt(domain)).map((parts) => parts.join(""));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (NOTHING_THERE.has(code)) return [];
    throw error;
  }
}
