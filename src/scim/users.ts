import type { ProvisionedUser, Target } from "../actions/provision.js";
import { notOffered } from "../domain/people/assignments.js";
import type { User } from "../domain/directory.js";
import type { UserDraft } from "../domain/people/provisioning.js";
import { seatViews, type Holdings, type SeatView } from "../domain/answers/standing.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { GroupRef, ListPosition } from "../ports.js";
import {
  changed,
  created,
  found,
  listed,
  NO_CONTENT,
  notModified,
  type ScimAnswer,
} from "./answer.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { keepImmutable } from "./immutable.js";
import { noteTaken } from "./leniency.js";
import { readListQuery } from "./listQuery.js";
import { readPaging } from "./paging.js";
import { applyPatch } from "./patch.js";
import { readPatchRequest } from "./patchRequest.js";
import { changeCheck, isKnown } from "./preconditions.js";
import { documentsFor, isNamed, isWanted, readProjection, type Projection } from "./projection.js";
import { readResource } from "./readResource.js";
import { SEAT_URN, seatExtensionOf } from "./seatExtension.js";
import { groupsOf, locationOf, serialise } from "./serialise.js";

/** /Users (RFC 7644 §3.2 to §3.6). Each handler: read the request, one action or one read, answer. */

export async function createUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const { document, ignored } = readResource(deps.schemas.user, call.body, call.leniency);
  call.noteIgnored(ignored);
  const draft = draftOf(document, true);
  call.noteUnoffered(notOffered(deps.catalogue, draft.document));
  // The profile has it that a deletion is final.
  const policy = { neverRestores: call.plugin.interopProfileConformant === true };
  const cause = call.cause("user.created");
  const result = await deps.actions.createUser(call.scope, draft, cause, policy);
  const { user } = result;
  const location = locationOf(deps.schemas.user, call.baseUrl, user.id);
  return created(changedBody(deps, call, result, projection), user.version, location);
}

export async function readUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const { directory, clock } = deps.store;
  const withSeats = isWanted(projection, SEAT_URN);
  // Asked for at once, although who does not exist has neither: the questions travel together.
  const [user, groups, holdings] = await Promise.all([
    directory.findUser(call.scope, call.id),
    withSeats || isWanted(projection, "groups")
      ? directory.groupsOfUsers(call.scope, [call.id])
      : NO_GROUPS,
    withSeats ? directory.holdingsOfUsers(call.scope, [call.id], clock.now()) : undefined,
  ]);
  if (user === null) throw new SeatkeeperError("NotFound");
  if (isKnown(call.preconditions, user.version)) return notModified(user.version);
  const [body = {}] = await bodiesOf(deps, call, [user], {
    projection,
    withSeats,
    groups,
    holdings,
  });
  return found(body, user.version);
}

/** Inactive users are listed like all others: a provider looks for them to bring them back (case 22). */
export async function listUsers(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const paging = readPaging<ListPosition>(deps, call, deps.schemas.user.endpoint);
  const page = await deps.store.directory.listUsers(call.scope, {
    ...readListQuery(call.query, deps.schemas.user, call.leniency, deps.limits.scimPageSize),
    ...paging.page,
    ...documentsFor(projection),
    ...(isWanted(projection, "groups") ? { withGroups: true } : {}),
  });
  const bodies = await userBodies(deps, call, page.items, projection, page.groups);
  return listed(paging.answer(page, bodies));
}

/**
 * In the order of the users. Groups are read only where they are shown, and seats only for who asks for them by name: a
 * look-up is the most frequent request of all (docs/scim.md).
 */
export function userBodies(
  deps: ScimDeps,
  call: ScimCall,
  users: readonly User[],
  projection: Projection | null,
  groups?: GroupsByUser,
): Promise<JsonObject[]> {
  const withSeats = isNamed(projection, SEAT_URN);
  return bodiesOf(deps, call, users, { projection, withSeats, groups });
}

/** What only we know (teams and roles by hand, tiers, seats) is not in the document, so a PUT cannot lose it. */
export async function replaceUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const { document, ignored } = readResource(deps.schemas.user, call.body, call.leniency);
  call.noteIgnored(ignored);
  const projection = readProjection(deps.schemas.user, call.query);
  const result = await change(deps, call, "user.replaced", (user) =>
    draftOf(keepImmutable(deps.schemas.user, user.document, document), user.active),
  );
  return shownAfter(deps, call, result, projection);
}

export async function patchUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const operations = readPatchRequest(call.body, call.leniency);
  // Read before the change, also where the answer shows nothing: a bad query must not follow a change that is done.
  const projection = readProjection(deps.schemas.user, call.query);
  const result = await change(deps, call, "user.patched", (user) => {
    const options = { id: user.id };
    const patched = applyPatch(
      user.document,
      operations,
      deps.schemas.user,
      call.leniency,
      options,
    );
    call.noteIgnored(patched.ignored);
    noteKeptActive(call, user.document, patched.document);
    return draftOf(patched.document, user.active);
  });
  return showsPatched(call)
    ? shownAfter(deps, call, result, projection)
    : changed(result.user.version);
}

/**
 * A PATCH that removes `active`, or sets it to null: nobody is neither in nor out, and to take it for either would lock
 * somebody out or let a leaver in. Providers clear whatever they map (cases 11 and 12), so it is said and not refused,
 * but to clients that keep to the profile, which must not take it for a deactivation.
 */
function noteKeptActive(call: ScimCall, before: JsonObject, after: JsonObject): void {
  if (before["active"] === undefined || after["active"] !== undefined) return;
  if (call.plugin.interopProfileConformant === true) {
    throw new SeatkeeperError("Mutability", {
      field: "active",
      sentence: "active cannot be removed: replace it by true or false.",
    });
  }
  noteTaken(call.leniency, "active cannot be removed -> kept as it was");
}

/** RFC 7644 §3.5.2: who names `attributes` gets them. */
function showsPatched({ plugin, query }: ScimCall): boolean {
  return plugin.showsPatchedUser === true || query["attributes"] !== undefined;
}

export async function deleteUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  await deps.actions.deleteUser(call.scope, targetOf(call), call.cause("user.deleted"));
  return NO_CONTENT;
}

async function change(
  deps: ScimDeps,
  call: ScimCall,
  action: string,
  apply: (user: User) => UserDraft,
): Promise<ProvisionedUser> {
  return deps.actions.changeUser(
    call.scope,
    targetOf(call),
    (user) => {
      const draft = apply(user);
      const before = new Set(notOffered(deps.catalogue, user.document));
      const unoffered = notOffered(deps.catalogue, draft.document);
      call.noteUnoffered(unoffered.filter((value) => !before.has(value)));
      return draft;
    },
    call.cause(action),
  );
}

function shownAfter(
  deps: ScimDeps,
  call: ScimCall,
  result: ProvisionedUser,
  projection: Projection | null,
): ScimAnswer {
  return found(changedBody(deps, call, result, projection), result.user.version);
}

/** The answer to a write shows what was committed, and reads nothing for it. */
function changedBody(
  deps: ScimDeps,
  call: ScimCall,
  { user, groups, seats }: ProvisionedUser,
  projection: Projection | null,
): JsonObject {
  const refs = groups.map(({ groupId, groupName }) => ({ id: groupId, displayName: groupName }));
  const shown = { groups: refs, seats: isWanted(projection, SEAT_URN) ? seats() : null };
  return bodyOf(deps, call, user, shown, projection);
}

export function targetOf({ id, preconditions }: ScimCall): Target {
  const ifVersion = changeCheck(preconditions);
  return ifVersion === undefined ? { id } : { id, ifVersion };
}

/** `active` that is not mentioned stays as it is: an omission neither locks anybody out nor lets a leaver back in. */
function draftOf(document: JsonObject, activeBefore: boolean): UserDraft {
  const { userName, externalId, displayName, active } = document;
  const isActive = typeof active === "boolean" ? active : activeBefore;
  return {
    userName: typeof userName === "string" ? userName : "",
    externalId: typeof externalId === "string" ? externalId : null,
    displayName: typeof displayName === "string" ? displayName : null,
    active: isActive,
    document: { ...document, active: isActive },
  };
}

type GroupsByUser = ReadonlyMap<string, readonly GroupRef[]>;

interface Showing {
  readonly projection: Projection | null;
  readonly withSeats: boolean;
  /** Where they are known already. */
  readonly groups?: GroupsByUser | undefined;
  readonly holdings?: ReadonlyMap<string, Holdings> | undefined;
}

const NO_GROUPS: GroupsByUser = new Map();

async function bodiesOf(
  deps: ScimDeps,
  call: ScimCall,
  users: readonly User[],
  { projection, withSeats, ...known }: Showing,
): Promise<JsonObject[]> {
  const ids = users.map(({ id }) => id);
  const { directory, clock } = deps.store;
  const isAnybody = ids.length > 0;
  // A reason names the group that it comes from.
  const withGroups = isAnybody && (withSeats || isWanted(projection, "groups"));
  const [groups, holdings] = await Promise.all([
    known.groups ?? (withGroups ? directory.groupsOfUsers(call.scope, ids) : NO_GROUPS),
    known.holdings ??
      (isAnybody && withSeats ? directory.holdingsOfUsers(call.scope, ids, clock.now()) : null),
  ]);
  return users.map((user) => {
    const own = groups.get(user.id) ?? [];
    const held = holdings?.get(user.id);
    const names = new Map(own.map(({ id, displayName }) => [id, displayName]));
    const seats = held === undefined ? null : seatViews(deps.catalogue, user, held, names);
    return bodyOf(deps, call, user, { groups: own, seats }, projection);
  });
}

interface Shown {
  readonly groups: readonly GroupRef[];
  readonly seats: readonly SeatView[] | null;
}

function bodyOf(
  { schemas }: ScimDeps,
  { baseUrl }: ScimCall,
  user: User,
  { groups, seats }: Shown,
  projection: Projection | null,
): JsonObject {
  const computed = {
    ...(groups.length === 0 ? {} : { groups: groupsOf(groups, baseUrl) }),
    ...(seats === null ? {} : { [SEAT_URN]: seatExtensionOf(seats) }),
  };
  return serialise(schemas.user, { ...user, baseUrl, computed }, projection);
}
