import { expect, it } from "@jest/globals";
import type { Entry } from "../../src/domain/history.js";
import { takeOversIn } from "../../src/domain/seats/takeOvers.js";

/** The newest first, as the books are read: "support displaced", "support granted" ... */
function entries(...lines: readonly string[]): Entry[] {
  return lines.map((line, index) => {
    const [product = "", what = ""] = line.split(" ");
    return {
      ...{ id: String(index), organisationId: "org", at: 100 - index, userId: "ann", product },
      ...{ kind: `seat.${what}` as Entry["kind"], poolId: "p", seatId: "s", tier: "standard" },
      ...{ delta: 0, reason: what },
      cause: { type: "saml", action: "signIn", actor: "c", requestId: null },
      details: what === "displaced" ? { displacedBy: "bob" } : {},
    };
  });
}

it.each([
  ["nothing happened", [], []],
  ["the seat was taken over", ["support displaced", "support granted"], ["support 100"]],
  ["it was given back since", ["support granted", "support displaced"], []],
  ["what was parked ended, too", ["support released", "support displaced"], ["support 99"]],
  [
    "of each product the last counts",
    ["support displaced", "analytics displaced", "support displaced"],
    ["support 100", "analytics 99"],
  ],
])("tells a take-over: %s", (_title, lines, told) => {
  const found = takeOversIn(entries(...lines));
  expect(found.map(({ product, at }) => `${product} ${String(at)}`)).toEqual(told);
  expect(found.every(({ by }) => by === "bob")).toBe(true);
});
