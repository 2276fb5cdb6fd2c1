import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Conditional requests over sockets (RFC 9110 §13, RFC 7644 §3.14), on users and groups alike. */

onEachDatabase("conditional requests", (freshDatabaseUrl) => {
  let server: TestServer;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });
  beforeEach(async () => {
    const organisation = await server.organisation(`acorn-${(organisations += 1)}`);
    idp = await organisation.connection("generic");
  });
  afterAll(() => server.close());

  const RESOURCES = [
    { type: "Users", body: { userName: "ann@acorn.example" }, attribute: "title" },
    { type: "Groups", body: { displayName: "Crew" }, attribute: "displayName" },
  ];

  /** At version 2. */
  async function existing({ type, body, attribute }: (typeof RESOURCES)[number]) {
    const { id } = (await idp.scim("POST", `/${type}`, body)).body as { id: string };
    const path = `/${type}/${id}`;
    const patch = (value: string, headers: Record<string, string> = {}): Promise<Answer> => {
      const Operations = [{ op: "replace", path: attribute, value }];
      return idp.scim("PATCH", path, patchOp(...Operations), headers);
    };
    expect((await patch("second")).status).toBeLessThan(300);
    return { path, patch };
  }

  it.each(RESOURCES)(
    "of 20 parallel PATCHes of one version exactly one wins: $type",
    async (of) => {
      const { path, patch } = await existing(of);

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => patch(`n${index}`, { "if-match": 'W/"2"' })),
      );

      const won = answers.flatMap(({ status }, index) => (status < 300 ? [index] : []));
      expect(won).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
      const { body } = await idp.scim("GET", path);
      expect([body[of.attribute], body.meta.version]).toEqual([`n${won[0]}`, 'W/"3"']);
    },
  );

  const CONDITIONS: [
    header: "if-match" | "if-none-match",
    value: string,
    get: number,
    put: number,
  ][] =
    // prettier-ignore
    [
      ["if-match",      'W/"2"',              200, 200],
      ["if-match",      '"2"',                200, 200],
      ["if-match",      '"1", W/"2"',         200, 200],
      ["if-match",      '"a,b" ,W/"2"',       200, 200],
      ["if-match",      "*",                  200, 200],
      ["if-match",      'W/"1"',              412, 412],
      ["if-match",      '"1", W/"3","x"',     412, 412],
      ["if-match",      "2",                  412, 412],
      ["if-match",      "",                   412, 412],
      ["if-none-match", 'W/"2"',              304, 412],
      ["if-none-match", '"7", "2"',           304, 412],
      ["if-none-match", "*",                  304, 412],
      ["if-none-match", 'W/"1"',              200, 200],
      ["if-none-match", '"1","other"',        200, 200],
    ];

  it.each(CONDITIONS)("%s: %s gives %i to GET and %i to PUT", async (header, value, get, put) => {
    for (const of of RESOURCES) {
      const { path } = await existing(of);
      const headers = { [header]: value };

      const read = await idp.scim("GET", path, undefined, headers);
      expect(read.status).toBe(get);
      if (get !== 412) expect(read.headers.get("etag")).toBe('W/"2"');
      if (get === 304) expect(read.body).toBeNull();

      const written = await idp.scim("PUT", path, { ...of.body, externalId: "e-1" }, headers);
      expect(written.status).toBe(put);
      const after = await idp.scim("GET", path);
      expect(after.body.externalId).toBe(put === 200 ? "e-1" : undefined);
    }
  });

  it("a group has another ETag when one of its members was deleted as a user, and only then", async () => {
    const create = async (userName: string): Promise<string> =>
      (await idp.scim("POST", "/Users", { userName })).body.id;
    const [gone, stays] = [await create("gone"), await create("stays")];
    const group = async (displayName: string, ...values: string[]): Promise<string> => {
      const members = values.map((value) => ({ value }));
      return (await idp.scim("POST", "/Groups", { displayName, members })).body.id;
    };
    const [both, other] = [await group("Both", gone, stays), await group("Other", stays)];
    const known = async (id: string) => {
      const headers = { "if-none-match": 'W/"1"' };
      return (await idp.scim("GET", `/Groups/${id}`, undefined, headers)).status;
    };
    expect([await known(both), await known(other)]).toEqual([304, 304]);

    await idp.scim("DELETE", `/Users/${gone}`);

    expect([await known(both), await known(other)]).toEqual([200, 304]);
    const { body } = await idp.scim("GET", `/Groups/${both}`);
    expect(body.meta.version).toBe('W/"2"');
    expect(body.members.map(({ value }: { value: string }) => value)).toEqual([stays]);
    const stale = await idp.scim("PUT", `/Groups/${both}`, body, { "if-match": 'W/"1"' });
    expect(stale.status).toBe(412);
  });

  it("conditions on a creation mean nothing, on a missing resource they stay 404", async () => {
    const headers = { "if-match": 'W/"1"', "if-none-match": "*" };
    expect((await idp.scim("POST", "/Users", { userName: "ann" }, headers)).status).toBe(201);
    expect((await idp.scim("GET", "/Users/nobody", undefined, headers)).status).toBe(404);
    expect((await idp.scim("DELETE", "/Users/nobody", undefined, headers)).status).toBe(404);
  });
});
