import type { Fact, Id, Timestamp, User } from "../directory.js";
import { refuse, type Refusal } from "../verdict.js";

/**
 * An invitation and the account that it is for. Whom nobody knows yet gets an account that waits for its person: named, where
 * the invitation says which connection will bring them, else without a name, so that it can be in nobody's way
 * (docs/adr/0024-who-may-act-and-who-is-invited.md).
 */

/** `revoked`: the account was deactivated or deleted while the invitation was open. */
export type InvitationState =
  "pending" | "accepted" | "declined" | "cancelled" | "expired" | "revoked";

export interface Invitation {
  readonly id: Id;
  readonly organisationId: Id;
  /** Of the secret; the secret itself is only in the message to the person. */
  readonly publicId: string;
  /** SHA-256 of the whole secret, base64url. */
  readonly hash: string;
  /** An e-mail address or a user name, as it was typed. It identifies nobody. */
  readonly address: string;
  /** The account that waits, or the one that was there. */
  readonly userId: Id;
  /** The account was made for it. */
  readonly isNew: boolean;
  /** Joined when it is accepted. */
  readonly teams: readonly string[];
  readonly poolId: Id | null;
  readonly state: InvitationState;
  /** The actor. */
  readonly invitedBy: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
  readonly endedAt: Timestamp | null;
}

const MARK = "urn:seatkeeper:invitation:";

/** What stands in the place of an external id as long as nobody has come. */
export function markOf(id: Id): string {
  return MARK + id;
}

/** Only we say of whom we wait: an account so named by somebody else would be taken for one that has no person yet. */
export function refusalOfMark(
  draft: Pick<User, "userName" | "externalId">,
  before?: Pick<User, "userName" | "externalId">,
): Refusal | null {
  const field = (["userName", "externalId"] as const).find(
    (name) => draft[name] !== before?.[name] && isMarked(draft[name]),
  );
  if (field === undefined) return null;
  const sentence = `${field} must not begin with "${MARK}", which marks accounts that wait for their person.`;
  return refuse("InvalidValue", { field, sentence });
}

function isMarked(name: string | null): boolean {
  return name?.toLowerCase().startsWith(MARK) === true;
}

/** Nobody has come yet: no rule gives it anything, and it holds no seat that gives access. */
export function isAwaited({ externalId }: Pick<User, "externalId">): boolean {
  return externalId?.startsWith(MARK) === true;
}

/** Awaited, and no connection can bring its person: the application does not hear of it. */
export function isNameless(user: Pick<User, "externalId" | "connectionId">): boolean {
  return user.connectionId === null && isAwaited(user);
}

/** What an account is from the moment on when its person is there. Undefined: it has no person yet. */
export function arrived(user: User | undefined, now: Timestamp): User | undefined {
  if (user === undefined || !isAwaited(user)) return user;
  if (user.connectionId === null) return undefined;
  return { ...user, externalId: null, version: user.version + 1, updatedAt: now };
}

/** Who is awaited has no claim but to what the invitation names. @param pools the product of each pool, by name */
export function mayClaim(
  user: Pick<User, "externalId">,
  product: string,
  facts: readonly Fact[],
  pools: ReadonlyMap<string, string>,
): boolean {
  if (!isAwaited(user)) return true;
  return facts.some(({ kind, name }) => kind === "pool" && pools.get(name) === product);
}

/** Beside each fact that the invitation gave, so that its end takes back those and no others. */
export function sourceOf(id: Id) {
  return { type: "hand", by: `invitation ${id}` } as const;
}

/** As it stands: time ends it whether or not anybody has written that down; who has arrived has accepted. */
export function standingOf(
  { state, expiresAt, isNew }: Pick<Invitation, "state" | "expiresAt" | "isNew">,
  user: Pick<User, "externalId"> | null,
  now: Timestamp,
): InvitationState {
  if (state !== "pending") return state;
  // From before accounts took their invitations with them.
  if (user === null) return "revoked";
  if (isNew && !isAwaited(user)) return "accepted";
  return expiresAt <= now ? "expired" : "pending";
}
