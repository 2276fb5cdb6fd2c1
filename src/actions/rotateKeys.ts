import type { Timestamp } from "../domain/directory.js";
import {
  KEY_PURPOSES,
  stateOfTurn,
  turnsOf,
  type KeyPurpose,
  type KeyState,
  type KeyTurn,
} from "../domain/signIn/keyTurns.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";

/** Taking turns with our own keys (docs/keys.md). Every node learns of it by itself (src/saml/keyRing.ts). */
export interface RotateDeps {
  readonly store: Pick<Store, "keys" | "administration" | "clock">;
  /** A new key, sealed under the name. */
  readonly makeKey: (purpose: KeyPurpose, name: string) => Promise<string>;
}

/** Within this time every node knows a key that is in the database, and has had time to fail once. */
export const KNOWN_EVERYWHERE_MS = 60_000;

export interface Rotation {
  /** Milliseconds until the new key signs; null: when `switchKey` says so. */
  readonly signsIn: number | null;
  /** How long the old one goes on verifying and decrypting after that. */
  readonly keepMs: number;
  /** The old one is known to others: it ends now, and the new one begins now. */
  readonly compromised?: boolean;
}

export interface ListedKey extends KeyTurn {
  readonly state: KeyState;
}

export async function listKeys({ store }: Pick<RotateDeps, "store">): Promise<ListedKey[]> {
  const stored = await store.keys.listTurns();
  const now = store.clock.now();
  return KEY_PURPOSES.flatMap((purpose) => {
    const turns = turnsOf(stored, purpose);
    return turns.map((turn) => ({ ...turn, state: stateOfTurn(turns, turn, now) }));
  });
}

/** @throws SeatkeeperError Conflict while another new key waits for its turn */
export async function rotateKey(
  deps: RotateDeps,
  purpose: KeyPurpose,
  { signsIn, keepMs, compromised = false }: Rotation,
): Promise<KeyTurn> {
  const { keys, administration, clock } = deps.store;
  const now = clock.now();
  const turns = turnsOf(await keys.listTurns(), purpose);
  const waiting = turns.filter((turn) => stateOfTurn(turns, turn, now) === "announced");
  if (waiting.length > 0 && !compromised) throw isWaiting(waiting);
  const name = `${purpose}-key-${String(turns.length + 1)}`;
  const lead = signsIn === null ? null : Math.max(signsIn, KNOWN_EVERYWHERE_MS);
  const signsFrom = compromised ? now : lead === null ? null : now + lead;
  await administration.createSecret(name, await deps.makeKey(purpose, name));
  const turn: KeyTurn = { name, purpose, createdAt: now, signsFrom, endsAt: null };
  await keys.addTurn(turn).catch((error: unknown) => {
    throw isTaken(error) ? isWaiting([turn]) : error;
  });
  const endsAt = compromised ? now : signsFrom === null ? null : signsFrom + keepMs;
  if (endsAt !== null) await endOthers(deps, turns, endsAt);
  await forgetEnded(deps);
  return turn;
}

/** The key that waits signs from now on, as soon as every node knows it. @throws SeatkeeperError Conflict */
export async function switchKey(
  deps: RotateDeps,
  purpose: KeyPurpose,
  keepMs: number,
): Promise<KeyTurn> {
  const { keys, clock } = deps.store;
  const now = clock.now();
  const turns = turnsOf(await keys.listTurns(), purpose);
  const next = turns.find((turn) => stateOfTurn(turns, turn, now) === "announced");
  if (next === undefined) {
    throw new SeatkeeperError("Conflict", {
      sentence: `No new key waits for its turn. Make one first: seatkeeper keys rotate ${purpose}`,
    });
  }
  const signsFrom = Math.max(now, next.createdAt + KNOWN_EVERYWHERE_MS);
  const turn = { ...next, signsFrom };
  await keys.saveTurn(turn);
  const others = turns.filter(({ name }) => name !== next.name);
  await endOthers(deps, others, signsFrom + keepMs);
  return turn;
}

/** Ends a key that does not sign. @throws SeatkeeperError NotFound, Conflict for the one that signs */
export async function endKey(deps: Pick<RotateDeps, "store">, name: string): Promise<KeyTurn> {
  const { keys, clock } = deps.store;
  const found = (await listKeys(deps)).find((key) => key.name === name && key.state !== "ended");
  if (found === undefined) {
    throw new SeatkeeperError("NotFound", { sentence: `There is no key "${name}".` });
  }
  const { state, ...turn } = found;
  if (state === "signing") {
    throw new SeatkeeperError("Conflict", {
      sentence: `This key signs. If others know it: seatkeeper keys rotate ${turn.purpose} --compromised`,
    });
  }
  const ended = { ...turn, endsAt: clock.now() };
  await keys.saveTurn(ended);
  await keys.deleteSecret(name);
  return ended;
}

/** Those that have a later end already, or none, end then; what ends earlier is left alone. */
async function endOthers(
  { store }: RotateDeps,
  turns: readonly KeyTurn[],
  endsAt: Timestamp,
): Promise<void> {
  for (const turn of turns) {
    if (turn.endsAt === null || turn.endsAt > endsAt) {
      await store.keys.saveTurn({ ...turn, endsAt });
    }
  }
}

/** Of a key that has ended the name stays, so that the list tells what there was. */
async function forgetEnded(deps: RotateDeps): Promise<void> {
  const { keys } = deps.store;
  const stored = new Set((await keys.listSecrets()).map(({ name }) => name));
  for (const { name, state } of await listKeys(deps)) {
    if (state === "ended" && stored.has(name)) await keys.deleteSecret(name);
  }
}

function isWaiting([turn]: readonly KeyTurn[]): SeatkeeperError {
  return new SeatkeeperError("Conflict", {
    sentence: `A new key (${turn?.name ?? ""}) waits for its turn already: seatkeeper keys switch ${turn?.purpose ?? ""}`,
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof SeatkeeperError && error.code === "Uniqueness";
}

export interface Resealing {
  /** Opens with the present or the previous master secret. @throws SeatkeeperError InvalidConfiguration */
  readonly open: (
    name: string,
    sealed: string,
  ) => { readonly text: string; readonly isOld: boolean };
  readonly seal: (name: string, text: string) => string;
}

/**
 * Everything that was sealed under the previous master secret, under the present one. May be repeated, and run beside the
 * servers: each secret is replaced only if it is still as it was read.
 */
export async function resealSecrets(
  { store }: { readonly store: Pick<Store, "keys"> },
  { open, seal }: Resealing,
): Promise<{ readonly resealed: string[]; readonly total: number }> {
  const secrets = await store.keys.listSecrets();
  // All are opened before the first is written: with a wrong secret nothing changes.
  const opened = secrets.map(({ name, value }) => ({ name, value, ...open(name, value) }));
  const resealed: string[] = [];
  for (const { name, value, text, isOld } of opened) {
    if (isOld && (await store.keys.replaceSecret(name, value, seal(name, text)))) {
      resealed.push(name);
    }
  }
  return { resealed, total: secrets.length };
}
