import { describe, expect, it } from "@jest/globals";
import { withoutCredentials } from "../../src/http/logger.js";
import { groupSchema, userSchema } from "../../src/scim/schema.js";
import { textWithoutSecrets, withoutSecrets } from "../../src/scim/withoutSecrets.js";

const schemas = { user: userSchema, group: groupSchema };

describe("what the provisioning log keeps of a request", () => {
  it.each([
    { path: "password", value: "S3cret" },
    { PATH: "password", value: "S3cret" },
    { pATH: "password", VALUE: "S3cret" },
    { Path: "title", path: "password", value: "S3cret" },
    { Path: "password", path: "title", value: "S3cret" },
  ])("has no secret, however the operation is spelled: %j", (operation) => {
    const kept = withoutSecrets(schemas, { Operations: [{ op: "replace", ...operation }] });

    expect(JSON.stringify(kept)).not.toContain("S3cret");
  });

  it("has no credentials in texts", () => {
    for (const text of ["Bearer abc.def", "Basic dXNlcjpw", "http://u:pa55@x", "eyJh.eyJi.sig"]) {
      expect(textWithoutSecrets(text)).not.toMatch(/abc|dXNl|pa55|eyJi/);
    }
  });

  // A text of the size limit took minutes: the patterns searched from each of its characters to its end.
  it.each([
    "sk_scim_",
    "sk_a",
    "sk_scim_abcdefgh_",
    "%2573k%5f",
    "%2525",
    "http://a:",
    "see https://x a",
    "passw",
    "passw ",
    "eyJa-",
    "secret=",
    "-----BEGIN",
    "Bearer ",
  ])("is worked out in time that grows with the text alone: %j again and again", (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    const begun = process.cpuUsage();
    withoutCredentials(text);
    withoutCredentials(text.slice(0, 19_999));
    textWithoutSecrets(text);
    withoutSecrets(schemas, { title: text.slice(0, 190_000), Operations: [{ path: text }] });

    // Milliseconds in truth; of the processor, because a busy machine gives it to others meanwhile.
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});
