import type { Group, Id } from "../domain/directory.js";
import type { GroupResult, MemberDelta } from "../domain/people/groups.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { Filter, MembershipPosition, MembershipQuery, MembershipView } from "../ports.js";
import { listed, NO_CONTENT, notModified, type ScimAnswer } from "./answer.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { constant } from "./filterNames.js";
import { readListQuery } from "./listQuery.js";
import { idOf, pairIn, pairOf, type Pair } from "./membershipId.js";
import { membershipSchema } from "./membershipSchema.js";
import { readPaging } from "./paging.js";
import { changeCheck, isKnown } from "./preconditions.js";
import { project, readProjection, type Projection } from "./projection.js";
import { readResource } from "./readResource.js";
import { etagOf, locationOf, memberOf } from "./serialise.js";
import { invalidValue } from "./values.js";

/**
 * /GroupMemberships (draft-zollner-scim-group-members): the members of groups one by one, for groups that are too large
 * to be read whole. It is another view of `members`: what is added or removed here is a change of the group.
 */

/** Nothing of a membership can be changed: for as long as it lasts it has one version. */
const VERSION = 1;

/** A membership that is there already is a conflict (section 3.1 of the draft). */
export async function createMembership(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(membershipSchema, call.query);
  const { document, ignored } = readResource(membershipSchema, call.body, call.leniency);
  call.noteIgnored(ignored);
  const { groupId, userId } = pairIn(document) ?? NOBODY;
  const { group, changed } = await change(deps, call, groupId, { add: [userId], remove: [] }).catch(
    (error: unknown) => {
      throw isNotFound(error)
        ? invalidValue("group.value", "There is no group with this id, so nothing was changed.")
        : error;
    },
  );
  if (!changed) {
    throw new SeatkeeperError("Uniqueness", { sentence: "The user is a member already." });
  }
  const view = await deps.store.directory.findMembership(call.scope, groupId, userId);
  const made = view ?? { groupId, groupName: group.displayName, userId, display: null };
  const location = locationOf(membershipSchema, call.baseUrl, idOf(made));
  return { status: 201, body: bodyOf(call, made, projection), version: VERSION, location };
}

export async function readMembership(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(membershipSchema, call.query);
  const { groupId, userId } = pairOf(call.id) ?? NOBODY;
  const view = await deps.store.directory.findMembership(call.scope, groupId, userId);
  if (view === null) throw new SeatkeeperError("NotFound");
  if (isKnown(call.preconditions, VERSION)) return notModified(VERSION);
  return { status: 200, body: bodyOf(call, view, projection), version: VERSION };
}

export async function listMemberships(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const projection = readProjection(membershipSchema, call.query);
  const paging = readPaging<MembershipPosition>(deps, call, membershipSchema.endpoint);
  const query: MembershipQuery = { ...paging.page, ...readFilter(deps, call) };
  const page = await deps.store.directory.listMemberships(call.scope, query);
  return listed(
    paging.answer(
      page,
      page.items.map((view) => bodyOf(call, view, projection)),
    ),
  );
}

export async function deleteMembership(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const { groupId, userId } = pairOf(call.id) ?? NOBODY;
  if (changeCheck(call.preconditions)?.(VERSION) === false) {
    const view = await deps.store.directory.findMembership(call.scope, groupId, userId);
    throw new SeatkeeperError(view === null ? "NotFound" : "VersionMismatch");
  }
  const { changed } = await change(deps, call, groupId, { add: [], remove: [userId] });
  if (!changed) throw new SeatkeeperError("NotFound");
  return NO_CONTENT;
}

function change(
  deps: ScimDeps,
  call: ScimCall,
  groupId: Id,
  members: Omit<MemberDelta, "clear">,
): Promise<GroupResult> {
  return deps.actions.changeGroup(
    call.scope,
    { id: groupId },
    { apply: asItIs, members: { clear: false, ...members } },
    call.cause("group.patched"),
  );
}

function asItIs({ displayName, externalId, document }: Group) {
  return { displayName, externalId, document };
}

function isNotFound(error: unknown): boolean {
  return error instanceof SeatkeeperError && error.code === "NotFound";
}

const NOBODY: Pair = { groupId: "", userId: "" };

function bodyOf(
  { baseUrl }: ScimCall,
  view: MembershipView,
  projection: Projection | null,
): JsonObject {
  const id = idOf(view);
  const { groupId, groupName, userId, display } = view;
  return project(
    membershipSchema,
    {
      schemas: [membershipSchema.id],
      id,
      group: {
        value: groupId,
        $ref: `${baseUrl}/Groups/${encodeURIComponent(groupId)}`,
        display: groupName,
      },
      member: memberOf({ userId, display }, baseUrl),
      meta: {
        resourceType: membershipSchema.resourceType,
        location: locationOf(membershipSchema, baseUrl, id),
        version: etagOf(VERSION),
      },
    },
    projection,
  );
}

function readFilter(
  { limits }: ScimDeps,
  { query, leniency }: ScimCall,
): Pick<MembershipQuery, "filter"> {
  const read = readListQuery(query, membershipSchema, leniency, limits.scimPageSize);
  if (read.sortBy !== undefined) {
    throw invalidValue("sortBy", "Memberships have one order: by group, then by member.");
  }
  return read.filter === undefined ? {} : { filter: stored(read.filter) };
}

/** The filter in terms of what is stored: an id is the pair that it stands for. */
function stored(filter: Filter): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { ...filter, filters: filter.filters.map(stored) };
    case "not":
      return { ...filter, filter: stored(filter.filter) };
    case "element":
      return filter;
    default: {
      const [first = "", second] = filter.attribute.names;
      if (first === "id" && filter.kind === "compare" && filter.operator === "eq") {
        return ofPair(pairOf(String(filter.value)));
      }
      if ((first === "group" || first === "member") && second !== "$ref") return filter;
      throw new SeatkeeperError("InvalidFilter", {
        sentence: `${filter.attribute.names.join(".")} cannot be used in this way in a filter of memberships.`,
      });
    }
  }
}

function ofPair(pair: Pair | null): Filter {
  if (pair === null) return constant(false);
  const is = (name: string, value: string): Filter => ({
    kind: "compare",
    operator: "eq",
    value,
    attribute: { names: [name, "value"], type: "string", caseExact: true },
  });
  return { kind: "and", filters: [is("group", pair.groupId), is("member", pair.userId)] };
}
