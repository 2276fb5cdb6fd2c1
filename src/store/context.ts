import type { Clock } from "../ports.js";
import type { Models } from "./models/index.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./write.js";

/** What the parts of the store share. */
export interface Context {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly models: Models;
  readonly clock: Clock;
  /** Whether a second receiver wants to hear of what concerns it (src/ports.ts `pushOutbox`). */
  readonly pushEvents: boolean;
}
