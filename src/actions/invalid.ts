import { SeatkeeperError } from "../errors.js";

/** What somebody typed in cannot be used. */
export function invalid(field: string, sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidValue", { field, sentence });
}
