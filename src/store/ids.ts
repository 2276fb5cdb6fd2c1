import { randomBytes } from "node:crypto";
import { v7 } from "uuid";
import type { Ids } from "../ports.js";

/** UUIDv7 grows with time, also within one millisecond of one process. */
export const systemIds: Ids = {
  next: () => v7(),
  secret: (bytes) => randomBytes(bytes).toString("base64url"),
};
