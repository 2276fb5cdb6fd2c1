import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { reasonOf, SIGN_IN_REASONS } from "../../src/saml/signInReasons.js";

/** What the log says of a refusal. */

const DOMAIN = join(import.meta.dirname, "../../src/domain");

it("has a sentence for every reason that the decision gives", () => {
  const text = ["signIn/signIn.ts", "people/identity.ts"]
    .map((file) => readFileSync(join(DOMAIN, file), "utf8"))
    .join("\n");
  const given = [...text.matchAll(/(?:detail: |unknownUser\()"(\w+)"/g)].map(([, word]) => word);

  expect(given.length).toBeGreaterThan(8);
  expect(given.filter((word) => !Object.hasOwn(SIGN_IN_REASONS, word ?? ""))).toEqual([]);
});

it.each([
  ["IssuerMismatch: The issuer is not ... attacker: text", "IssuerMismatch"],
  ["replay", "replay"],
  ["not verified", "SignInFailed"],
  ["", "SignInFailed"],
  ["<script>: x", "SignInFailed"],
])("takes the stable word at the beginning of %j, else the code", (detail, reason) => {
  expect(reasonOf({ code: "SignInFailed", detail })).toBe(reason);
  expect(reasonOf({ code: "SignInFailed" })).toBe("SignInFailed");
});
