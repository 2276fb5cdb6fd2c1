import assert from "node:assert/strict";
import { createSeatkeeper, definePlugin, ERRORS, SeatkeeperError } from "seatkeeper";

assert.equal(typeof createSeatkeeper, "function");
assert.equal(definePlugin({ id: "acme", title: "Acme" }).id, "acme");
assert.equal(new SeatkeeperError("PoolFull").status, ERRORS.PoolFull.status);
