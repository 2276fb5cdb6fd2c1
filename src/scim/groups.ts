import type { Group } from "../domain/directory.js";
import {
  NO_MEMBERS,
  type GroupDraft,
  type MemberDelta,
  type UnknownMembers,
} from "../domain/people/groups.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { ListPosition, Member } from "../ports.js";
import { changed, listed, NO_CONTENT, notModified, type ScimAnswer } from "./answer.js";
import { refuseBrokenExtensions } from "./constraints.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { groupBody, membersOf } from "./groupBody.js";
import { applyGroupSet, readGroupPatch } from "./groupPatch.js";
import { keepImmutable, refuseImmutableChanges } from "./immutable.js";
import { noteTaken } from "./leniency.js";
import { readListQuery } from "./listQuery.js";
import { readPaging } from "./paging.js";
import { readPatchRequest } from "./patchRequest.js";
import { isKnown } from "./preconditions.js";
import { documentsFor, isWanted, readProjection, type Projection } from "./projection.js";
import { readGroup } from "./readGroup.js";
import { locationOf, serialise } from "./serialise.js";
import { targetOf } from "./users.js";
import { excerpt } from "./values.js";

/** /Groups. Members are rows, not part of the document: they are read only where they are shown (case 19). */

export async function createGroup(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.group, call.query);
  const read = readGroup(deps.schemas.group, call.body, call.leniency);
  const { document, members, displays, ignored } = read;
  call.noteIgnored(ignored);
  const cause = call.cause("group.created");
  const group = await deps.actions.createGroup(
    call.scope,
    draftOf(document),
    members ?? [],
    cause,
    {
      unknown: unknownMembers(call),
      displays,
      refuseRepeated: call.leniency.refuseRepeatedGroups,
    },
  );
  noteStrangers(call, group.ignoredMembers);
  const location = locationOf(deps.schemas.group, call.baseUrl, group.id);
  const body = await groupBody(deps, call, group, projection);
  return { status: 201, ...body, version: group.version, location };
}

export async function readOneGroup(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.group, call.query);
  const group = await deps.store.directory.findGroup(call.scope, call.id);
  if (group === null) throw new SeatkeeperError("NotFound");
  if (isKnown(call.preconditions, group.version)) return notModified(group.version);
  return {
    status: 200,
    ...(await groupBody(deps, call, group, projection)),
    version: group.version,
  };
}

export async function listGroups(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.group, call.query);
  const paging = readPaging<ListPosition>(deps, call, deps.schemas.group.endpoint);
  const page = await deps.store.directory.listGroups(call.scope, {
    ...readListQuery(call.query, deps.schemas.group, call.leniency, deps.limits.scimPageSize),
    ...paging.page,
    ...documentsFor(projection),
  });
  return listed(paging.answer(page, await groupBodies(deps, call, page.items, projection)));
}

/** A body that names no members leaves them alone (case 41); an empty list empties the group. */
export async function replaceGroup(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.group, call.query);
  const read = readGroup(deps.schemas.group, call.body, call.leniency);
  const { document, members, displays, ignored } = read;
  call.noteIgnored(ignored);
  const delta: MemberDelta =
    members === null
      ? NO_MEMBERS
      : { clear: true, add: members, remove: [], unknown: unknownMembers(call), displays };
  const change = {
    apply: (group: Group) => draftOf(keepImmutable(deps.schemas.group, group.document, document)),
    members: delta,
  };
  const result = await deps.actions.changeGroup(
    call.scope,
    targetOf(call),
    change,
    call.cause("group.replaced"),
  );
  const { group, ignoredMembers } = result;
  noteStrangers(call, ignoredMembers);
  return {
    status: 200,
    ...(await groupBody(deps, call, group, projection)),
    version: group.version,
  };
}

/**
 * The answer is 204 without a body, so that a change of one member costs one member; who names `attributes` gets them
 * (RFC 7644 §3.5.2).
 */
export async function patchGroup(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(deps.schemas.group, call.query);
  const operations = readPatchRequest(call.body, call.leniency);
  const patch = readGroupPatch(operations, deps.schemas.group, call.leniency, { id: call.id });
  call.noteIgnored(patch.ignored);
  const change = {
    apply: ({ document }: Group) => {
      const after = applyGroupSet(document, patch.set);
      refuseBrokenExtensions(deps.schemas.group, document, after);
      refuseImmutableChanges(deps.schemas.group, document, after);
      return draftOf(after);
    },
    members: { ...patch.members, unknown: unknownMembers(call) },
  };
  const { group, ignoredMembers } = await deps.actions.changeGroup(
    call.scope,
    targetOf(call),
    change,
    call.cause("group.patched"),
  );
  noteStrangers(call, ignoredMembers);
  if (call.query["attributes"] === undefined) return changed(group.version);
  return {
    status: 200,
    ...(await groupBody(deps, call, group, projection)),
    version: group.version,
  };
}

export async function deleteGroup(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  await deps.actions.deleteGroup(call.scope, targetOf(call), call.cause("group.deleted"));
  return NO_CONTENT;
}

function unknownMembers({ leniency }: ScimCall): UnknownMembers {
  return leniency.ignoreUnknownMembers ? "ignore" : "refuse";
}

/** The value is shown as sent, shortened: it may be anything. */
function noteStrangers({ leniency }: ScimCall, ids: readonly string[]): void {
  for (const id of ids.slice(0, STRANGERS_SHOWN)) {
    noteTaken(leniency, `member ${excerpt(id)} ignored: no user has this id`);
  }
  if (ids.length > STRANGERS_SHOWN) {
    noteTaken(leniency, `members ignored: ${String(ids.length)} in all`);
  }
}

const STRANGERS_SHOWN = 20;

function draftOf(document: JsonObject): GroupDraft {
  const { displayName, externalId } = document;
  return {
    displayName: typeof displayName === "string" ? displayName : "",
    externalId: typeof externalId === "string" ? externalId : null,
    document,
  };
}

/** In the order of the groups. Members are read only where they are shown. */
export async function groupBodies(
  { store, schemas }: ScimDeps,
  { scope, baseUrl }: ScimCall,
  groups: readonly Group[],
  projection: Projection | null,
): Promise<JsonObject[]> {
  const wanted = groups.length > 0 && isWanted(projection, "members");
  const members = wanted
    ? await store.directory.membersOfGroups(
        scope,
        groups.map(({ id }) => id),
      )
    : new Map<string, Member[]>();
  return groups.map((group) => {
    const computed = wanted ? membersOf(members.get(group.id) ?? [], baseUrl) : undefined;
    return serialise(schemas.group, { ...group, baseUrl, computed }, projection);
  });
}
