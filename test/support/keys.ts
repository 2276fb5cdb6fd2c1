import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../src/ports.js";

/**
 * The keys that a server makes at its first start cost more than most tests. One set is made in each run, by whoever
 * needs it first, and put into the empty database of each test server: sealed with the practice mode's master secret, as it was.
 */
const NAMES = ["saml-service-provider", "access-token"] as const;
/** The same for all workers of a run. */
const FILE = join(tmpdir(), `seatkeeper-test-keys-${String(process.ppid)}.json`);
const DAY = 86_400_000;

export async function lendKeys({ administration, clock }: Store): Promise<void> {
  // Certificates are valid from when they were made: a test in another time has its own.
  if (!existsSync(FILE) || Math.abs(clock.now() - Date.now()) > DAY) return;
  const keys = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, string>;
  for (const [name, sealed] of Object.entries(keys)) {
    await administration.createSecret(name, sealed);
  }
}

/** After the start of a server, which made its own where none were lent. */
export async function keepKeys({ administration, clock }: Store): Promise<void> {
  if (existsSync(FILE) || Math.abs(clock.now() - Date.now()) > DAY) return;
  const found = await Promise.all(
    NAMES.map(async (name) => [name, await administration.readSecret(name)] as const),
  );
  if (found.some(([, sealed]) => sealed === null)) return;
  keep(FILE, Object.fromEntries(found));
}

export interface KeyPair {
  readonly privateKey: string;
  readonly certificate: string;
}

/** A provider's: the same for each test file that asks for its first, its second, and so on; never twice the same in one file. */
export async function lentKeyPair(index: number): Promise<KeyPair> {
  const file = FILE.replace(/\.json$/, `-${String(index)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as KeyPair;
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "idp" }], {
    keySize: 2048,
    algorithm: "sha256",
  });
  const normalise = (pem: string) => `${pem.replace(/\r\n?/g, "\n").trim()}\n`;
  const pair = { privateKey: normalise(made.private), certificate: normalise(made.cert) };
  keep(file, pair);
  return pair;
}

function keep(file: string, value: object): void {
  const own = `${file}.${String(process.pid)}`;
  writeFileSync(own, JSON.stringify(value), { mode: 0o600 });
  // At once, so that nobody reads half of it.
  renameSync(own, file);
}
