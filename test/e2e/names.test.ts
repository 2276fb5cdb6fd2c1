import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { startTestServer, type TestConnection, type TestServer } from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Databases differ in what they take for the same text; the rule is RFC 7643 §4.1.1 and holds on each. */
onEachDatabase("userNames", (freshDatabaseUrl) => {
  let server: TestServer;
  let idp: TestConnection;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    idp = await (await server.organisation("acorn")).connection("generic");
  });

  afterAll(() => server.close());

  // prettier-ignore
  const DIFFERENT = [
    "ann", "ann ", " ann", "änn", "ａｎｎ", "straße", "strasse", "ﬁ", "fi", "i", "ı", "😀", "😁",
    "a%b", "a_b", "axb", "a\\b", "a'b", 'a"b', "' or 1=1 --", "x".repeat(256),
  ];

  it("that look alike and are not the same belong to different people, each found under exactly its own", async () => {
    const ids = new Map<string, string>();
    for (const userName of DIFFERENT) {
      const { status, body } = await idp.scim("POST", "/Users", { userName });
      expect([userName, status, body.userName]).toEqual([userName, 201, userName]);
      ids.set(userName, body.id as string);
    }
    expect(new Set(ids.values()).size).toBe(DIFFERENT.length);

    for (const userName of DIFFERENT) {
      const filter = encodeURIComponent(`userName eq ${JSON.stringify(userName)}`);
      const { body } = await idp.scim("GET", `/Users?filter=${filter}`);
      expect(body.Resources.map(({ id }: { id: string }) => id)).toEqual([ids.get(userName)]);
    }
  });

  it.each([
    { stored: "cleo@acorn.example", sent: "CLEO@Acorn.Example" },
    { stored: "ÄNNE", sent: "änne" },
    // The same letter, written as one character and as two.
    { stored: "zo\u00eb", sent: "zoe\u0308" },
  ])("$stored and $sent are the same: 409", async ({ stored, sent }) => {
    expect((await idp.scim("POST", "/Users", { userName: stored })).status).toBe(201);
    expect((await idp.scim("POST", "/Users", { userName: sent })).status).toBe(409);
  });

  it.each([
    { what: "a character that no database keeps", userName: "a\u0000b" },
    { what: "half a character", userName: "\ud800" },
    { what: "one character too many", userName: "x".repeat(257) },
  ])("with $what are refused: 400", async ({ userName }) => {
    const { status, body } = await idp.scim("POST", "/Users", { userName });

    expect([status, body.scimType]).toEqual([400, "invalidValue"]);
    expect(body.detail).toContain("userName");
  });

  it.each(["%F0%9F%A4%B9", "a".repeat(900), "%C3%A4"])(
    "in place of an id, %s, name nobody: 404, whatever is asked",
    async (id) => {
      for (const resource of ["Users", "Groups"]) {
        for (const method of ["GET", "DELETE"]) {
          const { status } = await idp.scim(method, `/${resource}/${id}`);
          expect([method, resource, status]).toEqual([method, resource, 404]);
        }
      }
    },
  );
});
