import type { ApiToken } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { isLive, newToken } from "../token.js";
import type { AdministerDeps, TokenInput } from "./administer.js";
import { OVERLAP_DEFAULT, overlapMs } from "./overlap.js";
import { setupChange } from "./setupChange.js";
import { DAY_MS } from "../domain/durations.js";

export interface RotationInput {
  /** "7d", "12h": how long the old one stays good. */
  readonly overlap?: string | undefined;
  /** Of the new one; without it, as long as the old one was issued for. */
  readonly expiresInDays?: number | undefined;
}

/**
 * A new token in place of this one, which stays good for a while, so that it can be pasted into the identity provider
 * without a failed request in between.
 * @throws SeatkeeperError NotFound, also for a token of another organisation or connection and for one that has ended
 */
export async function rotateToken(
  deps: AdministerDeps,
  where: Pick<TokenInput, "organisationId" | "connectionId">,
  publicId: string,
  { overlap = OVERLAP_DEFAULT, expiresInDays, cause }: RotationInput & { readonly cause?: Cause },
): Promise<{ readonly token: string; readonly record: ApiToken; readonly replaced: ApiToken }> {
  const { administration, clock } = deps.store;
  const now = clock.now();
  const endAt = now + overlapMs(overlap);
  const old = await administration.findToken(publicId);
  const known =
    old?.organisationId === where.organisationId && old.connectionId === where.connectionId;
  if (!known || !isLive(old, now)) throw new SeatkeeperError("NotFound");
  const { token, publicId: newId, hash } = newToken(old.kind, deps.ids);
  const record: ApiToken = {
    ...old,
    publicId: newId,
    hash,
    createdAt: now,
    expiresAt: endOf(now, expiresInDays, old),
    lastUsedAt: null,
  };
  const { label, connectionId } = old;
  const details = { publicId: newId, label, connectionId, replacedId: publicId };
  await administration.replaceToken(record, publicId, endAt, setupChange(deps, cause, details));
  const replaced = { ...old, expiresAt: Math.min(old.expiresAt ?? Infinity, endAt) };
  return { token, record, replaced };
}

function endOf(now: number, days: number | undefined, old: ApiToken): number | null {
  if (days !== undefined) return now + days * DAY_MS;
  return old.expiresAt === null ? null : now + (old.expiresAt - old.createdAt);
}
