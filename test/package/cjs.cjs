const assert = require("node:assert/strict");
const { createSeatkeeper, definePlugin } = require("seatkeeper");

assert.equal(typeof createSeatkeeper, "function");
assert.throws(() => definePlugin({ id: "Not an id", title: "Acme" }), TypeError);
