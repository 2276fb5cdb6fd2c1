import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { withoutCredentials } from "../../src/http/credentials.js";
import { groupSchema, userSchema } from "../../src/scim/schema.js";
import type { JsonObject, JsonValue } from "../../src/plugin.js";
import {
  queryWithoutSecrets,
  sentenceWithoutSecrets,
  textWithoutSecrets,
  withoutSecrets,
} from "../../src/scim/withoutSecrets.js";

const schemas = { user: userSchema, group: groupSchema };
const CANARY = "c4n4ry9S3cret";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

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

  it.each<[string, JsonValue]>([
    ["a longer name", { password1: CANARY, passwordHash: CANARY, password_confirmation: CANARY }],
    ["a name with separators", { "pass-word": CANARY, Pass_Phrase: CANARY, userPasswd: CANARY }],
    ["a name with marks", { "password=": CANARY, '"password"': CANARY, "/password": CANARY }],
    ["a name with its value", { [`password=${CANARY}`]: 1, [`"password":"${CANARY}"`]: 1 }],
    ["a path in a list", { Operations: [{ path: ["password"], value: CANARY }] }],
    ["a path in an object", { Operations: [{ path: { name: "password" }, value: CANARY }] }],
    ["a quoted path", { Operations: [{ path: '"password"', value: CANARY }] }],
    ["a path in brackets", { Operations: [{ path: "['password']", value: CANARY }] }],
    ["a path with its value", { Operations: [{ path: `password=${CANARY}`, value: 1 }] }],
    ["operations as a text", { Operations: `[{"path":"password","value":"${CANARY}"}]` }],
    ["an operation as a text", { Operations: [`{"path":"password","value":"${CANARY}"}`] }],
    ["an operation in words", { Operations: [`replace password by ${CANARY}`] }],
    ["the data of a bulk operation", { Operations: [{ data: `{"password":"${CANARY}"}` }] }],
    ["a body as a text", `{"password":"${CANARY}"}`],
    ["a body as a form", `userName=ann&password=${CANARY}`],
    ["an escaped name", { roles: `{"pass\\u0077ord":"${CANARY}"}` }],
    ["a pair of name and value", { value: [{ name: "password", value: CANARY }] }],
    ["a pair of attribute and value", { attribute: "password", newValue: CANARY }],
  ])("has no secret in %s", (_where, body) => {
    expect(JSON.stringify(withoutSecrets(schemas, body))).not.toContain(CANARY);
  });

  it("keeps what only sounds like a secret, and the form of everything else", () => {
    const body = {
      userName: "secretary@acorn.example",
      displayName: "Password Administrators (EMEA)",
      secretary: "ann",
      roles: [{ value: '{"id":"1","value":"Admin"}', type: "x" }],
      Operations: [{ op: "replace", path: "name.givenName", value: "Ann" }],
    };

    expect(withoutSecrets(schemas, body)).toEqual({ body });
  });

  it("has no secret in a filter, nor in the sentence that refuses it", () => {
    for (const [filter, sentence] of [
      [`password("${CANARY}")`, `The filter cannot be read: eq was expected, not "(\\"${CANARY}"`],
      [`password = "${CANARY}"`, `The filter cannot be read: eq was expected, not "= ${CANARY}"`],
      [`password is ${CANARY}`, `The filter cannot be read: eq was expected, not "is ${CANARY}"`],
      [`"password" "${CANARY}"`, `"password=${CANARY}" is not an attribute that is known here.`],
    ] as const) {
      const query = queryWithoutSecrets(schemas, { filter });
      const told = sentenceWithoutSecrets(schemas, sentence, () => query);

      expect(JSON.stringify([query, told])).not.toContain(CANARY);
    }
  });

  it("has sentences that a secret's name stands in as they were told", () => {
    for (const sentence of [
      '"password" is not an attribute that is known here.',
      `"${USER}:password" is read-only.`,
      'The filter cannot be read at position 10: an operator such as eq was expected, not "is"',
    ]) {
      expect(sentenceWithoutSecrets(schemas, sentence, () => ({}))).toBe(sentence);
    }
  });

  it("never has a secret, in whatever shape it was sent", () => {
    fc.assert(
      fc.property(shapes, (body) => {
        expect(JSON.stringify(body)).toContain(CANARY);
        expect(JSON.stringify(withoutSecrets(schemas, body))).not.toContain(CANARY);
      }),
      { numRuns: 2_000 },
    );
  });

  it("has no credentials in texts", () => {
    for (const text of ["Bearer abc.def", "Basic dXNlcjpw", "http://u:pa55@x", "eyJh.eyJi.sig"]) {
      expect(textWithoutSecrets(schemas, text)).not.toMatch(/abc|dXNl|pa55|eyJi/);
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
    textWithoutSecrets(schemas, text);
    withoutSecrets(schemas, { title: text.slice(0, 190_000), Operations: [{ path: text }] });

    // Milliseconds in truth; of the processor, because a busy machine gives it to others meanwhile.
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});

// ---------------------------------------------------------------------------------------------------------------
// Shapes in which a client may send a secret

const words = fc.constantFrom(
  ..."password passwd passphrase pwd pass-word pass_word clientSecret accessToken credential apiKey".split(
    " ",
  ),
);
const inAnyCase = (text: string) =>
  fc.constantFrom(
    text,
    text.toUpperCase(),
    text.replace(/^./, (first) => first.toUpperCase()),
  );
const names = fc
  .tuple(
    fc.constantFrom("", "new", "user_", `${USER}:`, "x.", "/", "$.", '"', "['", "title,"),
    words.chain(inAnyCase),
    fc.constantFrom("", "1", "Hash", "_confirmation", ".value", '"', "']", "=", ":", "[0]"),
  )
  .map((parts) => parts.join(""));

/** The secret in the text that names it. */
const telling = fc
  .tuple(names, fc.constantFrom("=", ":", "(", " eq ", " = ", '["', '" : "', "[value eq "))
  .map(([name, mark]) => `${name}${mark}${CANARY}`);
const secret = fc.constantFrom<JsonValue>(CANARY, [CANARY], { value: CANARY }, [[{ x: CANARY }]]);
const path = fc.constantFrom("path", "PATH", "Path");
const label = fc.constantFrom("name", "attribute", "key", "type");

const holders: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.tuple(names, secret).map(([name, value]) => ({ userName: "ann", [name]: value })),
  fc
    .tuple(path, names, secret, fc.constantFrom("value", "Value", "newValue"))
    .chain(([key, name, value, to]) =>
      fc
        .constantFrom<JsonValue>(name, [name], { name }, [[name]])
        .map((where) => ({ op: "add", [key]: where, [to]: value })),
    ),
  fc.tuple(label, names, secret).map(([key, name, value]) => ({ value, [key]: name })),
  telling.map((name) => ({ [name]: 1 })),
  telling.map((where) => ({ op: "replace", path: where, value: 1 })),
);

const shapes: fc.Arbitrary<JsonValue> = fc
  .tuple(
    holders,
    fc.array(fc.constantFrom("json", "list", "data", "Operations", "value", "emails"), {
      maxLength: 5,
    }),
  )
  .map(([holder, wraps]) =>
    wraps.reduce<JsonValue>((inner, wrap) => {
      if (wrap === "json") return JSON.stringify(inner);
      if (wrap === "list") return [inner];
      return { userName: "ann", [wrap]: inner };
    }, holder),
  );
