import { describe, expect, it } from "@jest/globals";
import { signing, stateOfTurn, turnsOf, type KeyTurn } from "../../src/domain/signIn/keyTurns.js";

const turn = (name: string, signsFrom: number | null, endsAt: number | null = null): KeyTurn => ({
  ...{ name, purpose: "token", createdAt: 0, signsFrom, endsAt },
});

describe("keys that take turns", () => {
  it("begin with one that nobody has written down", () => {
    const turns = turnsOf([], "token");

    expect(turns.map(({ name }) => name)).toEqual(["access-token"]);
    expect(signing(turns, 1)?.name).toBe("access-token");
    expect(turnsOf([turn("x", 1)], "saml").map(({ name }) => name)).toEqual([
      "saml-service-provider",
    ]);
  });

  // prettier-ignore
  it.each([
    [99,  { "access-token": "signing",  next: "announced" }],
    [100, { "access-token": "retiring", next: "signing" }],
    [149, { "access-token": "retiring", next: "signing" }],
    [150, { "access-token": "ended",    next: "signing" }],
  ])("at %s: %j", (now, states) => {
    const turns = turnsOf([turn("access-token", 0, 150), turn("next", 100)], "token");

    expect(Object.fromEntries(turns.map((each) => [each.name, stateOfTurn(turns, each, now)]))).toEqual(
      states,
    );
  });

  it("wait for a word where no time is set", () => {
    const turns = turnsOf([turn("access-token", 0), turn("next", null)], "token");

    expect(turns.map((each) => stateOfTurn(turns, each, 1e15))).toEqual(["signing", "announced"]);
  });

  it("of two that began in the same moment the later in the list signs, and only that one", () => {
    const turns = [turn("a", 5), turn("b", 5)];

    expect(turns.map((each) => stateOfTurn(turns, each, 9))).toEqual(["retiring", "signing"]);
  });
});
