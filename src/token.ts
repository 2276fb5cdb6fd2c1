import { hash, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Ids } from "./ports.js";

/**
 * Bearer tokens: `sk_<kind>_<public id>_<secret><checksum>`.
 *
 * The prefix lets secret scanners find a leaked one; the checksum lets them, and us, tell a real token from a typing
 * mistake without a look into the database. Only the SHA-256 of the whole text is stored: the secret has more than
 * 160 random bits, so a slow hash would add nothing.
 */

/**
 * scim, api: long-lived. access: from the token endpoint. client: the secret of a client, good only there. invite: of an
 * invitation, good once.
 */
export type TokenKind = (typeof KINDS)[number];
export const KINDS = ["scim", "api", "access", "client", "invite"] as const;

export interface NewToken {
  /** The whole token: shown once, never stored. */
  readonly token: string;
  readonly publicId: string;
  readonly hash: string;
}

const PUBLIC_BYTES = 9;
const SECRET_BYTES = 24;
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(
  `^sk_(${KINDS.join("|")})_([0-9A-Za-z]{8,32})_([0-9A-Za-z]{28,64})([0-9A-Za-z]{6})$`,
);

export function newToken(kind: TokenKind, ids: Ids): NewToken {
  const publicId = base62(ids.secret(PUBLIC_BYTES), PUBLIC_BYTES);
  const body = `sk_${kind}_${publicId}_${base62(ids.secret(SECRET_BYTES), SECRET_BYTES)}`;
  const token = body + checksumOf(body);
  return { token, publicId, hash: hashOfToken(token) };
}

/** The parts of a well-formed token whose checksum is right, else null. */
export function parseToken(token: string): { kind: TokenKind; publicId: string } | null {
  const [, name, publicId] = FORM.exec(token) ?? [];
  const kind = KINDS.find((known) => known === name);
  if (kind === undefined || publicId === undefined) {
    return null;
  }
  const body = token.slice(0, -CHECKSUM_LENGTH);
  return checksumOf(body) === token.slice(-CHECKSUM_LENGTH) ? { kind, publicId } : null;
}

export function hashOfToken(token: string): string {
  return hash("sha256", token, "base64url");
}

/** In constant time, so that the answer's delay says nothing about the stored hash. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What there is to say about a token or a client's secret at a moment. */
export type CredentialState = "active" | "expiring" | "expired" | "revoked";

interface Limited {
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** Long enough before the end for somebody to read a warning and to paste a new one. */
const EXPIRING_MS = 14 * 86_400_000;

export function credentialState({ expiresAt, revokedAt }: Limited, now: number): CredentialState {
  if (revokedAt !== null) return "revoked";
  if (expiresAt === null) return "active";
  if (expiresAt <= now) return "expired";
  return expiresAt - now <= EXPIRING_MS ? "expiring" : "active";
}

export function isLive(credential: Limited, now: number): boolean {
  const state = credentialState(credential, now);
  return state === "active" || state === "expiring";
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random bytes (base64url) as letters and digits only: one double click selects the whole token. */
function base62(secret: string, bytes: number): string {
  const value = BigInt(`0x${Buffer.from(secret, "base64url").toString("hex")}`);
  return digits(value, Math.ceil((bytes * 8) / Math.log2(62)));
}

function checksumOf(body: string): string {
  return digits(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function digits(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < length; i += 1) {
    text = (DIGITS[Number(rest % 62n)] ?? "0") + text;
    rest /= 62n;
  }
  return text;
}
