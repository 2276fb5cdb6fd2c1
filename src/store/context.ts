import type { Models } from "./models/index.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./write.js";

/** What the parts of the store share. */
export interface Context {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly models: Models;
}
