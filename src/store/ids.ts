import { randomBytes, randomFillSync } from "node:crypto";
import { v7 } from "uuid";
import type { Ids } from "../ports.js";

/** UUIDv7 grows with time, also within one millisecond of one process. */
export const systemIds: Ids = {
  next: () => {
    const random = nextRandom();
    const now = Date.now();
    if (now > last.msecs) {
      // Half of the numbers are left for those of the same millisecond.
      last = { msecs: now, seq: ((random[6] ?? 0) << 23) | ((random[7] ?? 0) << 15) };
    } else {
      last.seq = (last.seq + 1) | 0;
      if (last.seq === 0) last.msecs += 1;
    }
    return v7({ random, ...last });
  },
  secret: (bytes) => randomBytes(bytes).toString("base64url"),
};

let last = { msecs: 0, seq: 0 };

const UUID_BYTES = 16;
/** Random bytes are asked for in advance: each call costs ten times what it takes to make an id of them. */
const pool = new Uint8Array(256 * UUID_BYTES);
let used = pool.length;

function nextRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += UUID_BYTES;
  return pool.subarray(used - UUID_BYTES, used);
}
