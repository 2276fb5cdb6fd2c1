import type { Timestamp } from "../directory.js";

/**
 * Keys of our own take turns: a new one is made known, then it signs, and the old one goes on verifying and decrypting
 * until nothing that was made with it is left.
 */
export type KeyPurpose =
  /** Signs requests to identity providers and decrypts their assertions; with a certificate. */
  | "saml"
  /** Signs tokens for applications (JWT). */
  | "token"
  /** Signs cursors of SCIM lists. */
  | "cursor";

export const KEY_PURPOSES: readonly KeyPurpose[] = ["saml", "token", "cursor"];

export interface KeyTurn {
  /** Under which it is stored. */
  readonly name: string;
  readonly purpose: KeyPurpose;
  readonly createdAt: Timestamp;
  /** Null: when somebody says so. */
  readonly signsFrom: Timestamp | null;
  /** Nothing is verified or decrypted with it from then on. */
  readonly endsAt: Timestamp | null;
}

export type KeyState = "announced" | "signing" | "retiring" | "ended";

/** The names of the first keys, which every deployment makes by itself. */
export const FIRST_KEYS: Readonly<Record<KeyPurpose, string>> = {
  saml: "saml-service-provider",
  token: "access-token",
  cursor: "scim-cursor",
};

/** The first key has no row until another takes its turn. */
export function turnsOf(stored: readonly KeyTurn[], purpose: KeyPurpose): KeyTurn[] {
  const turns = stored.filter((turn) => turn.purpose === purpose);
  const name = FIRST_KEYS[purpose];
  if (turns.some((turn) => turn.name === name)) return turns;
  return [{ name, purpose, createdAt: 0, signsFrom: 0, endsAt: null }, ...turns];
}

/** Of one purpose. Exactly one signs, unless all have ended. */
export function stateOfTurn(turns: readonly KeyTurn[], turn: KeyTurn, now: Timestamp): KeyState {
  if (hasEnded(turn, now)) return "ended";
  if (turn.signsFrom === null || turn.signsFrom > now) return "announced";
  return signing(turns, now)?.name === turn.name ? "signing" : "retiring";
}

/** The one that began last. */
export function signing(turns: readonly KeyTurn[], now: Timestamp): KeyTurn | undefined {
  return turns
    .filter((turn) => !hasEnded(turn, now) && turn.signsFrom !== null && turn.signsFrom <= now)
    .reduce<KeyTurn | undefined>((last, turn) => (isLater(turn, last) ? turn : last), undefined);
}

function isLater(turn: KeyTurn, other: KeyTurn | undefined): boolean {
  return other === undefined || (turn.signsFrom ?? 0) >= (other.signsFrom ?? 0);
}

function hasEnded({ endsAt }: KeyTurn, now: Timestamp): boolean {
  return endsAt !== null && endsAt <= now;
}
