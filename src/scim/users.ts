import type { Target } from "../actions/provision.js";
import type { User } from "../domain/directory.js";
import type { UserDraft } from "../domain/provisioning.js";
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
import { readListQuery } from "./listQuery.js";
import { readPaging } from "./paging.js";
import { applyPatch } from "./patch.js";
import { readPatchRequest } from "./patchRequest.js";
import { changeCheck, isKnown } from "./preconditions.js";
import { documentsFor, isWanted, readProjection, type Projection } from "./projection.js";
import { readResource } from "./readResource.js";
import { groupsOf, locationOf, serialise } from "./serialise.js";

/** /Users (RFC 7644 §3.2 to §3.6). Each handler: read the request, one action or one read, answer. */

export async function createUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const { document, ignored } = readResource(deps.schemas.user, call.body, call.leniency);
  call.noteIgnored(ignored);
  const result = await deps.actions.createUser(
    call.scope,
    draftOf(document, true),
    call.cause("user.created"),
  );
  const { user } = result;
  const location = locationOf(deps.schemas.user, call.baseUrl, user.id);
  const groups = result.groups.map(({ groupId, groupName }) => ({
    id: groupId,
    displayName: groupName,
  }));
  return created(bodyOf(deps, call, user, groups, projection), user.version, location);
}

export async function readUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const user = await deps.store.directory.findUser(call.scope, call.id);
  if (user === null) throw new SeatkeeperError("NotFound");
  if (isKnown(call.preconditions, user.version)) return notModified(user.version);
  const groups = await groupsFor(deps, call, [user], projection);
  return found(bodyOf(deps, call, user, groups.get(user.id) ?? [], projection), user.version);
}

/** Inactive users are listed like all others: a provider looks for them to bring them back (case 22). */
export async function listUsers(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const paging = readPaging<ListPosition>(deps, call, deps.schemas.user.endpoint);
  const page = await deps.store.directory.listUsers(call.scope, {
    ...readListQuery(call.query, deps.schemas.user, call.leniency, deps.limits.scimPageSize),
    ...paging.page,
    ...documentsFor(projection),
  });
  return listed(paging.answer(page, await userBodies(deps, call, page.items, projection)));
}

/** In the order of the users. Groups are read only where they are shown. */
export async function userBodies(
  deps: ScimDeps,
  call: ScimCall,
  users: readonly User[],
  projection: Projection | null,
): Promise<JsonObject[]> {
  const groups = await groupsFor(deps, call, users, projection);
  return users.map((user) => bodyOf(deps, call, user, groups.get(user.id) ?? [], projection));
}

/** What only we know (teams and roles by hand, tiers, seats) is not in the document, so a PUT cannot lose it. */
export async function replaceUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const { document, ignored } = readResource(deps.schemas.user, call.body, call.leniency);
  call.noteIgnored(ignored);
  return change(deps, call, "user.replaced", (user) =>
    draftOf(keepImmutable(deps.schemas.user, user.document, document), user.active),
  );
}

export async function patchUser(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const operations = readPatchRequest(call.body, call.leniency);
  let ignored: readonly string[] = [];
  const answer = await change(deps, call, "user.patched", (user) => {
    const options = { id: user.id };
    const patched = applyPatch(
      user.document,
      operations,
      deps.schemas.user,
      call.leniency,
      options,
    );
    ignored = patched.ignored;
    return draftOf(patched.document, user.active);
  });
  // Afterwards, because the change may be worked out more than once.
  call.noteIgnored(ignored);
  return showsPatched(call) ? answer : changed(answer.version ?? 0);
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
): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.user, call.query);
  const { user, groups } = await deps.actions.changeUser(
    call.scope,
    targetOf(call),
    apply,
    call.cause(action),
  );
  const refs = groups.map(({ groupId, groupName }) => ({ id: groupId, displayName: groupName }));
  return found(bodyOf(deps, call, user, refs, projection), user.version);
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

async function groupsFor(
  { store }: ScimDeps,
  { scope }: ScimCall,
  users: readonly User[],
  projection: Projection | null,
): Promise<Map<string, GroupRef[]>> {
  if (users.length === 0 || !isWanted(projection, "groups")) return new Map();
  return store.directory.groupsOfUsers(
    scope,
    users.map(({ id }) => id),
  );
}

function bodyOf(
  { schemas }: ScimDeps,
  { baseUrl }: ScimCall,
  user: User,
  groups: readonly GroupRef[],
  projection: Projection | null,
): JsonObject {
  const computed = groups.length === 0 ? undefined : { groups: groupsOf(groups, baseUrl) };
  return serialise(schemas.user, { ...user, baseUrl, computed }, projection);
}
