import { recordAct } from "./acts.js";
import { canAct, mayGive, scopesOf, type Authority, type Principal } from "./delegation.js";
import type { Id } from "../directory.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** Who may administer: granted, changed and ended, never below one owner (I23). */

export type PrincipalDraft = Pick<Principal, "userId" | "name" | "role" | "extraScopes" | "teams">;

/** @param by of whoever grants: more than that cannot be given */
export function grantAccess(
  world: World,
  ctx: Context,
  by: Authority,
  draft: PrincipalDraft,
): Verdict<Principal> {
  const { userId } = draft;
  if (userId !== null) {
    const user = world.users.get(userId);
    if (user === undefined) return refuse("NotFound");
    if (!user.active) return refuse("Inactive");
    if (standing(world).some((other) => other.userId === userId)) {
      return refuse("Uniqueness", {
        field: "user",
        sentence: "This person may administer already; change that instead.",
      });
    }
  }
  if (!mayGive(by, scopesOf(draft))) return tooMuch();
  const principal: Principal = {
    ...draft,
    id: ctx.nextId(),
    organisationId: world.organisation.id,
    grantedBy: ctx.cause.actor,
    createdAt: world.now,
    endedAt: null,
    isAble: true,
  };
  world.papers.principals.set(principal);
  record(world, ctx, "access.granted", principal);
  return { ok: principal };
}

export function changeAccess(
  world: World,
  ctx: Context,
  by: Authority,
  { id, ...patch }: { readonly id: Id } & Pick<Principal, "role" | "extraScopes" | "teams">,
): Verdict<Principal> {
  const before = find(world, id);
  if (before === undefined) return refuse("NotFound");
  const after = { ...before, ...patch };
  if (!mayGive(by, [...scopesOf(before), ...scopesOf(after)])) return tooMuch();
  const refusal = after.role === "owner" ? null : refusalOfLastOwner(world, before);
  if (refusal !== null) return refusal;
  world.papers.principals.set(after);
  record(world, ctx, "access.changed", after);
  return { ok: after };
}

/** Its tokens end with it. */
export function endAccess(world: World, ctx: Context, by: Authority, id: Id): Verdict<Principal> {
  const before = find(world, id);
  if (before === undefined) return refuse("NotFound");
  if (!mayGive(by, scopesOf(before))) return tooMuch();
  const refusal = refusalOfLastOwner(world, before);
  if (refusal !== null) return refusal;
  const after = { ...before, endedAt: world.now, isAble: false };
  world.papers.principals.set(after);
  record(world, ctx, "access.ended", after);
  return { ok: after };
}

/** Erasing is an administrator's act; an identity provider is never refused to deprovision anybody (I13). */
export function refusalOfErasure(world: World, userId: Id): Refusal | null {
  const own = standing(world).find((principal) => principal.userId === userId);
  return own === undefined ? null : refusalOfLastOwner(world, own);
}

/** Owners who can act: those whom nothing but their own absence keeps from it. */
export function ableOwners(world: World): Principal[] {
  return standing(world).filter((one) => one.role === "owner" && isThere(world, one));
}

/**
 * A service is nobody without a token, so its last one is guarded like itself. Whose secret is out is not kept: the token is rotated.
 * @param after the revocation
 */
export function refusalOfRevocation(
  before: readonly Principal[],
  after: readonly Principal[],
): Refusal | null {
  const isOwned = (principals: readonly Principal[]): boolean =>
    principals.some((one) => one.role === "owner" && canAct(one));
  if (!isOwned(before) || isOwned(after)) return null;
  return refuse("LastOwner", {
    sentence:
      "This is the last token of the last owner. Name another owner first, or rotate it: an overlap of 0d ends it at once.",
  });
}

function refusalOfLastOwner(world: World, leaving: Principal): Refusal | null {
  const owners = ableOwners(world);
  const [only] = owners;
  if (owners.length !== 1 || only?.id !== leaving.id) return null;
  return refuse("LastOwner");
}

/** The account may have changed earlier in the same batch. */
function isThere(world: World, one: Principal): boolean {
  const user = one.userId === null ? undefined : world.users.get(one.userId);
  return canAct({ ...one, isAble: user?.active ?? one.isAble });
}

function standing(world: World): Principal[] {
  return world.papers.principals.group("").filter(({ endedAt }) => endedAt === null);
}

function find(world: World, id: Id): Principal | undefined {
  return standing(world).find((principal) => principal.id === id);
}

function tooMuch(): Refusal {
  return refuse("MissingScope", {
    sentence: "Nobody can give, change or end more than these credentials allow themselves.",
  });
}

function record(
  world: World,
  ctx: Context,
  kind: "access.granted" | "access.changed" | "access.ended",
  { id, userId, role, extraScopes, teams }: Principal,
): void {
  const details = { principalId: id, role, extraScopes: [...extraScopes], teams: [...teams] };
  recordAct(world, ctx, { kind, userId, reason: role, details });
}
