import type { JsonObject, JsonValue } from "../plugin.js";
import type { Timestamp } from "../domain/directory.js";
import type { GroupRef, Member } from "../ports.js";
import type { ResourceSchema } from "./attribute.js";
import { project } from "./projection.js";
import type { Projection } from "./projection.js";

/** Stored document -> what a client sees. */

export interface ResourceParts {
  readonly id: string;
  readonly document: JsonObject;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly version: number;
  /** Of the connection, without a slash at the end. */
  readonly baseUrl: string;
  /** What no document holds: the `groups` of a user, the `members` of a group. Left out when undefined. */
  readonly computed?: JsonObject | undefined;
}

/** The JSON of one resource; `schemas` is always there and names what is in it. */
export function serialise(
  schema: ResourceSchema,
  parts: ResourceParts,
  projection: Projection | null = null,
): JsonObject {
  const { id, document, computed } = parts;
  const whole: JsonObject = {
    schemas: schemasOf(schema, document, computed),
    id,
    ...document,
    ...computed,
    meta: metaOf(schema, parts),
  };
  if (projection === null && schema.withheld === null) {
    return whole;
  }
  const shown = project(schema, whole, projection);
  return { ...shown, schemas: schemasOf(schema, shown) };
}

function schemasOf(schema: ResourceSchema, resource: JsonObject, computed?: JsonObject): string[] {
  const schemas = [schema.id];
  for (const extension of schema.extensions) {
    if ((resource[extension.name] ?? computed?.[extension.name]) !== undefined) {
      schemas.push(extension.name);
    }
  }
  return schemas;
}

function metaOf(schema: ResourceSchema, parts: ResourceParts): JsonObject {
  return {
    resourceType: schema.resourceType,
    created: new Date(parts.createdAt).toISOString(),
    lastModified: new Date(parts.updatedAt).toISOString(),
    location: locationOf(schema, parts.baseUrl, parts.id),
    version: etagOf(parts.version),
  };
}

/** Built here and per request, because a location belongs to one connection. */
export function locationOf(schema: ResourceSchema, baseUrl: string, id: string): string {
  return `${baseUrl}${schema.endpoint}/${encodeURIComponent(id)}`;
}

/** Weak: the same version may be written with keys in another order (RFC 7644 §3.14, case 60). */
export function etagOf(version: number): string {
  return `W/"${String(version)}"`;
}

/** `groups` of a user (RFC 7643 §4.1.2). Nested groups are not offered, so each is direct. */
export function groupsOf(groups: readonly GroupRef[], baseUrl: string): JsonValue {
  return groups.map(({ id, displayName }) => ({
    value: id,
    $ref: `${baseUrl}/Groups/${encodeURIComponent(id)}`,
    display: displayName,
    type: "direct",
  }));
}

/** One element of `members` (RFC 7643 §4.2); large groups are written element by element. */
export function memberOf({ userId, display }: Member, baseUrl: string): JsonObject {
  return {
    value: userId,
    $ref: `${baseUrl}/Users/${encodeURIComponent(userId)}`,
    ...(display === null ? {} : { display }),
    type: "User",
  };
}
