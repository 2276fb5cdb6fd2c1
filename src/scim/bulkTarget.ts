import { RESOURCES, type Collection } from "./routes.js";

/** Where an operation of a bulk request goes. */

export interface Target {
  readonly resource: Collection;
  readonly id: string | undefined;
}

/** "/Users/2819c223"; null when there is no such place. Parameters of a query mean nothing here: nothing is shown. */
export function targetOf(path: string): Target | null {
  const [place = ""] = path.split("?", 1);
  const match = /^\/?([^/]+)(?:\/([^/]+))?\/?$/.exec(place);
  const resource = RESOURCES.find((each) => each.toLowerCase() === match?.[1]?.toLowerCase());
  if (resource === undefined) return null;
  try {
    const id = match?.[2] === undefined ? undefined : decodeURIComponent(match[2]);
    return { resource, id };
  } catch {
    return null;
  }
}
