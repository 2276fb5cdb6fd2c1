import { SeatkeeperError } from "../errors.js";

/** What somebody typed in cannot be used. */
export function invalid(field: string, sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidValue", { field, sentence });
}

export function taken(field: string, sentence: string): SeatkeeperError {
  return new SeatkeeperError("Uniqueness", { field, sentence });
}

/** Where an id or a name will do, a name like this could be taken for the id of something else. */
export function looksLikeId(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(name);
}
