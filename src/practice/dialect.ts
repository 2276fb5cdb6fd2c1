import type { DirectoryGroup } from "./directory.js";
import type { CurrentPerson, DialectId } from "./state.js";

/** How one provider words its SCIM requests. Pure: what to send, not how. */

export type JsonValue =
  string | number | boolean | null | JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = Readonly<Record<string, JsonValue>>;

export interface ScimCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the connection's base address, with its query. */
  readonly path: string;
  readonly body?: JsonObject;
  /** One sentence for the person who watches. */
  readonly why: string;
}

/** Somebody on Seatkeeper's side. */
export interface Manager {
  readonly scimId: string;
  readonly displayName: string;
}

export interface Member {
  readonly scimId: string;
  readonly userName: string;
}

export interface Dialect {
  readonly id: DialectId;
  readonly title: string;
  /** The manager goes along with the new account; otherwise `setManager` sends it when all accounts exist. */
  readonly managerWithCreate: boolean;
  findUser(person: CurrentPerson): ScimCall;
  createUser(person: CurrentPerson, manager: Manager | null): ScimCall;
  /** Takes over an account that the look-up found: sends all of today's data, also whether it is active. */
  adopt(scimId: string, person: CurrentPerson, manager: Manager | null): ScimCall[];
  /** The name has changed. */
  rename(scimId: string, person: CurrentPerson, manager: Manager | null): ScimCall[];
  setManager(scimId: string, manager: Manager): ScimCall | null;
  deactivate(scimId: string, person: CurrentPerson): ScimCall[];
  reactivate(scimId: string, person: CurrentPerson, manager: Manager | null): ScimCall[];
  /** What the provider sends when somebody is deleted there. */
  remove(scimId: string, person: CurrentPerson): ScimCall[];
  findGroup(group: DirectoryGroup): ScimCall;
  /** May ignore `members`: then `changeMembers` follows. */
  createGroup(group: DirectoryGroup): ScimCall;
  changeMembers(scimId: string, group: DirectoryGroup, change: MemberChange): ScimCall[];
}

export interface MemberChange {
  readonly add: readonly Member[];
  readonly remove: readonly Member[];
}

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OPERATION = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

export function patch(path: string, operations: readonly JsonObject[], why: string): ScimCall {
  const body = { schemas: [PATCH_OPERATION], Operations: [...operations] };
  return { method: "PATCH", path, body, why };
}

export function userPath(scimId: string): string {
  return `/Users/${encodeURIComponent(scimId)}`;
}

export function groupPath(scimId: string): string {
  return `/Groups/${encodeURIComponent(scimId)}`;
}

/** A filter that compares one attribute, ready for an address. Quotes and backslashes are JSON's (RFC 7644 §3.4.2.2). */
export function filterQuery(attribute: string, value: string): string {
  return `filter=${encodeURIComponent(`${attribute} eq ${JSON.stringify(value)}`)}`;
}

export function workEmail(person: CurrentPerson): JsonObject {
  return { primary: true, type: "work", value: person.userName };
}
