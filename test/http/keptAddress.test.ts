import { expect, it } from "@jest/globals";
import { keptAddress } from "../../src/http/keptAddress.js";

it.each([
  ["192.0.2.77", "192.0.2.0/24", "192.0.2.77"],
  ["::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77"],
  ["2001:db8:7:42:1:2:3:4", "2001:db8:7::/48", "2001:db8:7:42:1:2:3:4"],
  ["::1", "::/48", "::1"],
  ["unknown", null, null],
])("of %s keeps the network, or all, or nothing, as was chosen", (ip, coarse, full) => {
  expect(keptAddress({ ip }, "coarse")).toBe(coarse);
  expect(keptAddress({ ip }, "full")).toBe(full);
  expect(keptAddress({ ip }, "none")).toBeNull();
});
