import type { Response } from "express";
import type { User } from "../domain/directory.js";
import type { UserDraft } from "../domain/provisioning.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { GroupRef } from "../ports.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { readListQuery } from "./listQuery.js";
import { listResponse } from "./messages.js";
import { applyPatch } from "./patch.js";
import { readPatchRequest } from "./patchRequest.js";
import { isWanted, readProjection, type Projection } from "./projection.js";
import { readResource } from "./readResource.js";
import { send, sendResource } from "./respond.js";
import { userSchema } from "./schema.js";
import { groupsOf, locationOf, serialise } from "./serialise.js";

/** /Users (RFC 7644 §3.2 to §3.6). Each handler: read the request, one action or one read, answer. */

export async function createUser(
  deps: ScimDeps,
  call: ScimCall,
  response: Response,
): Promise<void> {
  const projection = readProjection(userSchema, call.query);
  const { document, ignored } = readResource(userSchema, call.body, call.leniency);
  call.noteIgnored(ignored);
  const result = await deps.actions.createUser(
    call.scope,
    draftOf(document, true),
    call.cause("user.created"),
  );
  const { user } = result;
  const location = locationOf(userSchema, call.baseUrl, user.id);
  const groups = result.groups.map(({ groupId, groupName }) => ({
    id: groupId,
    displayName: groupName,
  }));
  sendResource(response, call, bodyOf(call, user, groups, projection), {
    version: user.version,
    location,
  });
}

export async function readUser(deps: ScimDeps, call: ScimCall, response: Response): Promise<void> {
  const projection = readProjection(userSchema, call.query);
  const user = await deps.store.directory.findUser(call.scope, call.id);
  if (user === null) throw new SeatkeeperError("NotFound");
  if (call.knownVersion === user.version) {
    response.status(304).end();
    return;
  }
  const groups = await groupsFor(deps, call, [user], projection);
  const body = bodyOf(call, user, groups.get(user.id) ?? [], projection);
  sendResource(response, call, body, { version: user.version });
}

/** Inactive users are listed like all others: a provider looks for them to bring them back (case 22). */
export async function listUsers(deps: ScimDeps, call: ScimCall, response: Response): Promise<void> {
  const projection = readProjection(userSchema, call.query);
  const query = readListQuery(call.query, userSchema, call.leniency, deps.limits.scimPageSize);
  const { totalResults, items } = await deps.store.directory.listUsers(call.scope, query);
  const groups = await groupsFor(deps, call, items, projection);
  const resources = items.map((user) => bodyOf(call, user, groups.get(user.id) ?? [], projection));
  send(
    response,
    200,
    listResponse({ totalResults, startIndex: query.startIndex, resources }),
    call,
  );
}

/** What only we know (teams and roles by hand, tiers, seats) is not in the document, so a PUT cannot lose it. */
export async function replaceUser(
  deps: ScimDeps,
  call: ScimCall,
  response: Response,
): Promise<void> {
  const { document, ignored } = readResource(userSchema, call.body, call.leniency);
  call.noteIgnored(ignored);
  await change(deps, call, response, "user.replaced", (user) => draftOf(document, user.active));
}

export async function patchUser(deps: ScimDeps, call: ScimCall, response: Response): Promise<void> {
  const operations = readPatchRequest(call.body);
  let ignored: readonly string[] = [];
  await change(deps, call, response, "user.patched", (user) => {
    const options = { id: user.id };
    const patched = applyPatch(user.document, operations, userSchema, call.leniency, options);
    ignored = patched.ignored;
    return draftOf(patched.document, user.active);
  });
  // Afterwards, because the change may be worked out more than once.
  call.noteIgnored(ignored);
}

export async function deleteUser(
  deps: ScimDeps,
  call: ScimCall,
  response: Response,
): Promise<void> {
  await deps.actions.deleteUser(call.scope, targetOf(call), call.cause("user.deleted"));
  response.status(204).end();
}

async function change(
  deps: ScimDeps,
  call: ScimCall,
  response: Response,
  action: string,
  apply: (user: User) => UserDraft,
): Promise<void> {
  const projection = readProjection(userSchema, call.query);
  const { user, groups } = await deps.actions.changeUser(
    call.scope,
    targetOf(call),
    apply,
    call.cause(action),
  );
  const refs = groups.map(({ groupId, groupName }) => ({ id: groupId, displayName: groupName }));
  sendResource(response, call, bodyOf(call, user, refs, projection), { version: user.version });
}

export function targetOf({ id, ifVersion }: ScimCall): { id: string; ifVersion?: number } {
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
  { baseUrl }: ScimCall,
  user: User,
  groups: readonly GroupRef[],
  projection: Projection | null,
): JsonObject {
  const computed = groups.length === 0 ? undefined : { groups: groupsOf(groups, baseUrl) };
  return serialise(userSchema, { ...user, baseUrl, computed }, projection);
}
