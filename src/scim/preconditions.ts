import { SeatkeeperError } from "../errors.js";

/**
 * Conditional requests (RFC 9110 §13, RFC 7644 §3.14). Our tags are weak and are compared as such in both headers, as
 * the examples of RFC 7644 do. A creation has no version yet, so that conditions on it mean nothing and are passed over.
 */
export interface Preconditions {
  /** If-Match. */
  readonly match?: Tags;
  /** If-None-Match. */
  readonly noneMatch?: Tags;
}

/** Versions; a tag that was never ours stands for none. */
export type Tags = "any" | ReadonlySet<number>;

export function readPreconditions(headers: {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}): Preconditions {
  const { ifMatch, ifNoneMatch } = headers;
  return {
    ...(ifMatch === undefined ? {} : { match: readTags(ifMatch) }),
    ...(ifNoneMatch === undefined ? {} : { noneMatch: readTags(ifNoneMatch) }),
  };
}

/** Whether the request may change the resource that has this version; undefined when it may change any. */
export function changeCheck(conditions: Preconditions): ((version: number) => boolean) | undefined {
  const { match, noneMatch } = conditions;
  if ((match === undefined || match === "any") && noneMatch === undefined) return undefined;
  return (version) => isAmong(match ?? "any", version) && !isAmong(noneMatch ?? NONE, version);
}

/**
 * Whether the client has this version already, which is then 304 (RFC 9110 §13.2.2).
 * @throws SeatkeeperError VersionMismatch
 */
export function isKnown(
  { match = "any", noneMatch = NONE }: Preconditions,
  version: number,
): boolean {
  if (!isAmong(match, version)) throw new SeatkeeperError("VersionMismatch");
  return isAmong(noneMatch, version);
}

const NONE: ReadonlySet<number> = new Set();

function isAmong(tags: Tags, version: number): boolean {
  return tags === "any" || tags.has(version);
}

/** `*`, or a list: `"1", W/"2"`. */
function readTags(header: string): Tags {
  if (header.trim() === "*") return "any";
  const tags = header.matchAll(/(?:W\/)?"([^"]*)"/g);
  return new Set(
    [...tags].flatMap(([, tag = ""]) => (/^\d{1,15}$/.test(tag) ? [Number(tag)] : [])),
  );
}
