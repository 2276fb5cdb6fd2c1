import type { JsonObject, JsonValue } from "../../plugin.js";
import { addUser } from "./arrival.js";
import { groupsOf, withoutAsserted } from "./assertedGroups.js";
import { foldName, type Connection, type Id, type User } from "../directory.js";
import { announceUser } from "../events.js";
import { isAwaited } from "../invitations/invitation.js";
import { changed } from "./provisioning.js";
import type { Needs } from "../snapshot.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/**
 * Who an assertion is about, and what it changes about the account (docs/adr/0030). Identity is (connection, NameID) and
 * nothing else; names, ids and addresses only tell, once, which account of the same connection is linked.
 */

/** What an assertion says about the person, besides the NameID. Absent means unknown, never "none". */
export interface Asserted {
  readonly groups?: readonly string[];
  readonly externalId?: string;
  /** The userName is the e-mail address, because nothing else in the assertion is a name. */
  readonly isNamedByAddress?: boolean;
  /** There is an address, and each is in a domain that the organisation has verified. */
  readonly isDomainVerified?: boolean;
}

/** Whoever stands at the door, as the connection's plugin reads the assertion. */
export interface Claimant extends Asserted {
  readonly connection: Connection;
  readonly nameId: string;
  readonly userName: string;
  readonly displayName: string | null;
  readonly document: JsonObject;
}

/** @returns the account, which may be new */
export function personOf(world: World, ctx: Context, attempt: Claimant): Verdict<Id> {
  const { connection, nameId } = attempt;
  const known = world.identities.get(`${connection.id} ${nameId}`);
  if (known !== undefined) return { ok: known };

  const barred = barredBy(attempt);
  if (barred !== null) return unknownUser(barred);
  const found = accountOf(world, attempt);
  if ("refused" in found || found.ok !== null) return found as Verdict<Id>;
  if (connection.saml?.justInTime === "link") return unknownUser("notProvisioned");
  // Who was deleted comes back by provisioning alone: a sign-in is not the word of whoever deleted them.
  const created = addUser(world, ctx, connection.id, newAccount(attempt));
  return "refused" in created ? unknownUser("cannotCreate") : { ok: created.ok.user.id };
}

/** Where to look for the person. */
export function whoIsMeant({
  connection,
  nameId,
  userName,
  externalId,
}: Claimant): Pick<Needs, "identities" | "userNames" | "provisionedAs"> {
  const byExternalId = connection.saml?.linkBy === "externalId" && externalId !== undefined;
  return {
    identities: [{ connectionId: connection.id, nameId }],
    userNames: [foldName(userName)],
    provisionedAs: byExternalId ? [{ connectionId: connection.id, externalId }] : [],
  };
}

/** What has to be known besides before somebody is linked; null for whoever is known already. */
export function linksToAsk(
  world: World,
  { connection, nameId, userName, externalId }: Claimant,
): Pick<Needs, "linksOf"> | null {
  if (world.identities.has(`${connection.id} ${nameId}`)) return null;
  const holder = world.userNames.get(foldName(userName));
  const named = world.users.group("").filter((user) => user.externalId === externalId);
  const userIds = [...(holder == null ? [] : [holder]), ...named.map(({ id }) => id)];
  return { linksOf: userIds.map((userId) => ({ connectionId: connection.id, userId })) };
}

/**
 * Whoever was linked first is the person: a name that the provider gives to somebody else later opens no account. Null: there is
 * nothing in the way.
 */
export function linkedToAnother(
  world: World,
  { connection, nameId }: Claimant,
  userId: Id,
): Refusal | null {
  if (world.identities.get(`${connection.id} ${nameId}`) === userId) return null;
  const isLinked = [...world.identities].some(
    ([key, linked]) => linked === userId && key.startsWith(`${connection.id} `),
  );
  return isLinked ? unknownUser("linkedToAnotherNameId") : null;
}

/** Why nobody comes in here for the first time, whoever they are. */
function barredBy({ connection: { saml }, isDomainVerified }: Claimant): string | null {
  if (saml === null || saml.justInTime === "refuse") return "notProvisioned";
  const needsDomain = saml.requireVerifiedDomain === true;
  return needsDomain && isDomainVerified !== true ? "domainNotVerified" : null;
}

/** The account that may be linked; null: there is none, nor one that is in the way. */
function accountOf(world: World, attempt: Claimant): Verdict<Id | null> {
  const { connection, userName, externalId } = attempt;
  const holder = world.users.get(world.userNames.get(foldName(userName)) ?? "");
  // Only what this very connection has provisioned may be linked: no takeover of a local or foreign account (N-96).
  if (holder !== undefined && holder.connectionId !== connection.id) {
    return unknownUser("nameOfAnotherAccount");
  }
  if (connection.saml?.linkBy !== "externalId") return byName(holder, attempt);
  const [only, ...others] = externalId === undefined ? [] : withExternalId(world, attempt);
  if (others.length > 0) return unknownUser("severalAccounts");
  if (only !== undefined) return { ok: only.id };
  // Its name is taken by somebody whom the assertion does not mean.
  return holder === undefined ? { ok: null } : unknownUser("notProvisioned");
}

function byName(holder: User | undefined, attempt: Claimant): Verdict<Id | null> {
  if (holder === undefined) return { ok: null };
  if (!isSameName(holder.userName, attempt.userName)) return unknownUser("notProvisioned");
  // An address is given to somebody else one day; whoever vouches for the domain has to answer for that.
  const byAddressAlone = attempt.isNamedByAddress === true && attempt.isDomainVerified !== true;
  return byAddressAlone ? unknownUser("onlyAnAddress") : { ok: holder.id };
}

function withExternalId(world: World, { connection, externalId }: Claimant): User[] {
  return world.users
    .group("")
    .filter(
      (user) =>
        user.connectionId === connection.id && user.externalId === externalId && !isAwaited(user),
    );
}

/** Letters of ASCII in either case, and otherwise exactly: a look-alike is another name (N-76). */
export function isSameName(one: string, other: string): boolean {
  return foldAscii(one) === foldAscii(other);
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function newAccount(attempt: Claimant) {
  const { connection, userName, displayName, document, externalId, groups } = attempt;
  const { attributes = "bootstrap", linkBy } = connection.saml ?? {};
  const about =
    attributes === "ignore"
      ? { displayName: null, document: { userName, active: true } }
      : { displayName, document };
  const asserted =
    attributes === "ignore" || groups === undefined
      ? {}
      : { asserted: groupsOf(groups, attributes === "authoritative") };
  const id = linkBy === "externalId" ? (externalId ?? null) : null;
  return { externalId: id, userName, active: true, ...about, ...asserted };
}

/**
 * What a sign-in changes about an account that was there, as the connection's policy says. A group that is not named is left
 * only where groups are named at all: an assertion without groups says nothing about them.
 */
export function asAsserted(world: World, ctx: Context, user: User, attempt: Claimant): User {
  const { connection, groups } = attempt;
  const { attributes = "bootstrap" } = connection.saml ?? {};
  // Handed over to another connection, or never this one's: nothing that this provider says is about it any more.
  if (user.connectionId !== connection.id || attributes === "bootstrap") return user;
  if (attributes === "ignore") return withoutAsserted(user);
  const said = withAttributes(user, attempt);
  const after: User = said === null ? user : changed(user, { ...user, ...said }, world.now);
  if (after !== user) announceUser(world, ctx, "user.updated", after, user);
  return groups === undefined ? after : { ...after, asserted: groupsOf(groups, true) };
}

/** userName stays: SCIM finds the account by it. Null: nothing is different. */
function withAttributes(
  user: User,
  { displayName, document, connection, isDomainVerified }: Claimant,
): Pick<User, "displayName" | "document"> | null {
  const mayHaveAddress = connection.saml?.requireVerifiedDomain !== true || isDomainVerified;
  const said: JsonObject = {
    ...(document["displayName"] === undefined ? {} : { displayName: document["displayName"] }),
    ...(document["name"] === undefined
      ? {}
      : { name: merged(user.document["name"], document["name"]) }),
    ...(document["emails"] === undefined || mayHaveAddress !== true
      ? {}
      : { emails: withEmail(user.document["emails"], document["emails"]) }),
  };
  const after = {
    displayName: displayName ?? user.displayName,
    document: { ...user.document, ...said },
  };
  const isSame =
    after.displayName === user.displayName &&
    JSON.stringify(after.document) === JSON.stringify(user.document);
  return isSame ? null : after;
}

function merged(before: JsonValue | undefined, said: JsonValue): JsonValue {
  return isObject(before) && isObject(said) ? { ...before, ...said } : said;
}

/** The address that was said takes the place of the primary one; others stay. */
function withEmail(before: JsonValue | undefined, said: JsonValue): JsonValue {
  if (!Array.isArray(before) || !Array.isArray(said)) return said;
  const [email] = said;
  if (!isObject(email)) return before;
  if (before.some((each) => isObject(each) && each["value"] === email["value"])) return before;
  const primary = before.findIndex((each) => isObject(each) && each["primary"] === true);
  const place = primary === -1 && before.length === 1 ? 0 : primary;
  if (place === -1) return [...before, email];
  return before.map((each, index) =>
    index === place && isObject(each) ? { ...each, value: email["value"] ?? null } : each,
  );
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownUser(detail: string): Refusal {
  return refuse("SignInUnknownUser", { detail });
}
