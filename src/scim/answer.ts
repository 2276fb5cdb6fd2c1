import type { JsonObject } from "../plugin.js";

/** What a handler found, before anything is said about HTTP: one request of its own, or one operation of many. */
export interface ScimAnswer {
  readonly status: 200 | 201 | 204 | 304;
  readonly body?: JsonObject;
  /** The text of a body that is too large to be held as a whole, piece by piece; instead of `body`. */
  readonly stream?: AsyncIterable<string>;
  /** Of the one resource that the answer is about: becomes the ETag. */
  readonly version?: number;
  /** Of the resource that was created or addressed. */
  readonly location?: string;
}

export const NO_CONTENT: ScimAnswer = { status: 204 };

/** RFC 9110 §15.4.5: with the tag that a 200 would have had. */
export function notModified(version: number): ScimAnswer {
  return { status: 304, version };
}

/** RFC 7644 §3.3: a new resource has a Location and a body (case 42). */
export function created(body: JsonObject, version: number, location: string): ScimAnswer {
  return { status: 201, body, version, location };
}

export function found(body: JsonObject, version: number): ScimAnswer {
  return { status: 200, body, version };
}

/** RFC 7644 §3.5.2: a PATCH may be answered without the resource, unless the client names `attributes`. */
export function changed(version: number): ScimAnswer {
  return { status: 204, version };
}

export function listed(body: JsonObject): ScimAnswer {
  return { status: 200, body };
}
