import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createMetadataActions } from "../../src/actions/metadata.js";
import { createSamlReader } from "../../src/saml/reader.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { createLogger } from "../../src/http/logger.js";
import { onEachDatabase } from "../e2e/databases.js";
import { enter } from "../support/samlDoor.js";
import { idpMetadata as metadata } from "../support/idpMetadata.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";

/** Whose word a connection takes, and by which NameIDs it knows people. */
const ELSEWHERE = "https://other.example.com/saml";
/** Where metadata is published. */
const ADDRESS = "https://idp.example.com/metadata";
const HOUR = 3_600_000;

onEachDatabase("the provider of a connection", (freshDatabase) => {
  const logger = createLogger({ level: "silent" });
  let saml: ReturnType<typeof createSamlReader>;
  let server: TestServer;
  let idp: TestIdp;
  let other: TestIdp;
  let org: TestOrganisation;
  let link: TestConnection;
  let id: string;
  let ann: string;
  let count = 0;
  let published = "";
  let ahead = 0;

  beforeAll(async () => {
    [idp, other] = await Promise.all([createTestIdp(), createTestIdp(ELSEWHERE)]);
    const clock = { now: () => Date.now() + ahead };
    const store = await createStore({ url: await freshDatabase(), clock, logger });
    saml = createSamlReader({
      ...{ clock, allowLoopback: false },
      fetch: () => Promise.resolve({ status: 200, body: published }),
    });
    server = await startTestServer({}, { store, saml });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    count += 1;
    org = await server.organisation(`provider-${String(count)}`);
    link = await org.connection("generic", { saml: { metadata: metadata(idp) } });
    id = link.connection.id;
    ann = await provision("ann");
  });

  async function provision(userName: string): Promise<string> {
    return (await link.scim("POST", "/Users", { userName })).body.id as string;
  }
  const change = (settings: object | null): Promise<Answer> =>
    org.api("PATCH", `/connections/${id}`, { saml: settings });
  /** By whose NameID somebody gets in who is named by nothing else: only by a link. */
  const isLinked = async (provider: TestIdp, nameId: string): Promise<boolean> =>
    (await enter(server, id, provider, { nameId })).isIn;
  const enterAs = async (provider: TestIdp, nameId: string, userName: string): Promise<boolean> =>
    (await enter(server, id, provider, { nameId, attributes: [["userName", userName]] })).isIn;
  const settings = async () => (await server.app.store.administration.findConnection(id))?.saml;
  const lastEntry = async () =>
    (await org.api("GET", "/entries?newestFirst=true&limit=1")).body.items[0];

  const ofAnother: [title: string, given: () => object][] = [
    ["metadata", () => ({ metadata: metadata(other) })],
    ["the metadata's address", () => ({ metadataUrl: ADDRESS })],
    [
      "an entity ID by hand",
      () => ({
        ...{ idpEntityId: ELSEWHERE, ssoUrl: "https://other.example.com/sso" },
        certificates: [other.certificate],
      }),
    ],
  ];

  describe("does not change in passing", () => {
    it.each(ofAnother)("by %s", async (_title, given) => {
      const before = await settings();
      published = metadata(other);

      const { status, body } = await change(given());

      expect([status, body.error?.code, body.error?.field]).toEqual([
        ...[409, "Conflict", "saml.replaceProvider"],
      ]);
      expect(await settings()).toEqual(before);
      expect((await change({ metadata: metadata(idp) })).status).toBe(200);
    });

    it("but when that is said, with an entry that names both, and nothing is left of the old one", async () => {
      expect((await enter(server, id, idp, { nameId: "ann" })).isIn).toBe(true);

      const saml = { metadata: metadata(other), replaceProvider: true };
      expect((await change(saml)).status).toBe(200);

      expect(await settings()).toMatchObject({
        ...{ idpEntityId: ELSEWHERE, certificates: [other.certificate] },
      });
      expect((await lastEntry()).details).toMatchObject({
        provider: { from: idp.entityId, to: ELSEWHERE },
      });
      expect((await enter(server, id, idp, { nameId: "ann" })).isIn).toBe(false);
      // The old link is gone, so the other provider's name for ann is no second one.
      const says = { nameId: "other-1", attributes: [["userName", "ann"]] as const };
      expect((await enter(server, id, other, says)).isIn).toBe(true);
    });
  });

  describe("does not change by ending SAML in between", () => {
    it.each(ofAnother)("when %s is given, unless that is said", async (_title, given) => {
      expect(await enterAs(idp, "one", "ann")).toBe(true);
      expect((await change(null)).status).toBe(200);
      published = metadata(other);

      const { status, body } = await change(given());

      expect([status, body.error?.code, body.error?.field]).toEqual([
        ...[409, "Conflict", "saml.replaceProvider"],
      ]);
      expect(body.error.message).toContain(idp.entityId);
      expect(await settings()).toBeNull();

      expect((await change({ ...given(), replaceProvider: true })).status).toBe(200);
      expect((await lastEntry()).details).toMatchObject({
        provider: { from: idp.entityId, to: ELSEWHERE },
      });
      // Whoever has the same NameID at the other provider may be somebody else.
      expect(await isLinked(other, "one")).toBe(false);
      expect(await enterAs(other, "two", "ann")).toBe(true);
    });

    it.each(["metadata", "metadataUrl"])(
      "and by the same one's %s everybody is known as before, without a question",
      async (way) => {
        expect(await enterAs(idp, "one", "ann")).toBe(true);
        expect((await change(null)).status).toBe(200);
        published = metadata(idp);

        expect((await change({ [way]: way === "metadata" ? published : ADDRESS })).status).toBe(
          200,
        );

        expect((await lastEntry()).details).not.toHaveProperty("provider");
        expect(await isLinked(idp, "one")).toBe(true);
      },
    );

    it.each<[title: string, given: () => object]>([
      [
        "something else than true or false",
        () => ({ metadata: metadata(other), replaceProvider: "yes" }),
      ],
      ["no provider at all", () => ({ replaceProvider: true })],
      [
        "both metadata and its address",
        () => ({ metadata: metadata(other), metadataUrl: ADDRESS, replaceProvider: true }),
      ],
    ])("400 for %s, and nothing is forgotten", async (_title, given) => {
      expect(await enterAs(idp, "one", "ann")).toBe(true);
      await change(null);

      expect((await change(given())).status).toBe(400);

      expect((await change({ metadata: metadata(idp) })).status).toBe(200);
      expect(await isLinked(idp, "one")).toBe(true);
    });
  });

  describe("of whom somebody was deleted and provisioned again", () => {
    beforeEach(async () => {
      expect(await enterAs(idp, "one", "ann")).toBe(true);
    });
    const remove = (user: string) => link.scim("DELETE", `/Users/${user}`);

    it("knows the person by the NameID as before", async () => {
      await remove(ann);
      expect(await isLinked(idp, "one")).toBe(false);
      await change(null);
      await change({ metadata: metadata(idp) });

      expect(await provision("ann")).toBe(ann);

      expect(await isLinked(idp, "one")).toBe(true);
    });

    it("does not know the person by a NameID of the provider that it has replaced", async () => {
      await remove(ann);
      expect((await change({ metadata: metadata(other), replaceProvider: true })).status).toBe(200);

      expect(await provision("ann")).toBe(ann);

      expect(await isLinked(other, "one")).toBe(false);
      expect(await enterAs(other, "two", "ann")).toBe(true);
      await remove(ann);
      expect(await provision("ann")).toBe(ann);
      expect(await isLinked(other, "two")).toBe(true);
    });

    it("does not know the person by a NameID that everybody's were forgotten with, which the ledger says", async () => {
      await remove(ann);
      const path = `/connections/${id}/identities`;
      expect((await org.api("DELETE", path, { everybody: true })).body).toEqual({ forgotten: 0 });
      expect(await lastEntry()).toMatchObject({ reason: "identities.forgotten" });

      await provision("ann");

      expect(await isLinked(idp, "one")).toBe(false);
    });
  });

  describe("that calls somebody by a second NameID", () => {
    const says = (nameId: string) => ({ nameId, attributes: [["userName", "ann"]] as const });

    it("is refused with a reason of its own, and nothing is linked", async () => {
      expect((await enter(server, id, idp, says("one"))).isIn).toBe(true);

      expect((await enter(server, id, idp, says("two"))).status).toBe(403);

      const [line] = (await org.api("GET", `/connections/${id}/sign-ins?newestFirst=true`)).body
        .items;
      expect(line).toMatchObject({ reason: "linkedToAnotherNameId" });
      expect(line.sentence).toMatch(/another NameID/);
      expect((await enter(server, id, idp, says("one"))).isIn).toBe(true);
    });

    it("may do so once an administrator has had the old link forgotten", async () => {
      expect((await enter(server, id, idp, says("one"))).isIn).toBe(true);
      const forget = (body: object) => org.api("DELETE", `/connections/${id}/identities`, body);
      expect((await forget({})).status).toBe(400);

      expect((await forget({ user: "ann" })).body).toEqual({ forgotten: 1 });

      expect(await lastEntry()).toMatchObject({ reason: "identities.forgotten" });
      expect((await forget({ everybody: true })).body).toEqual({ forgotten: 0 });
      expect((await enter(server, id, idp, says("two"))).isIn).toBe(true);
      expect((await enter(server, id, idp, says("one"))).isIn).toBe(false);
    });
  });

  describe("that takes requests by a form only", () => {
    const only = () => metadata(idp, ["HTTP-POST"]);

    it("gets them so, without another setting", async () => {
      expect((await change({ metadata: only() })).status).toBe(200);

      expect(await settings()).toMatchObject({ requestBinding: "post" });
      const page = await fetch(`${server.url}/saml/${id}/login`, { redirect: "manual" });
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('action="https://idp.example.com/HTTP-POST"');
    });

    it("gets them so when the metadata at its address says so one day, and people get in", async () => {
      published = metadata(idp);
      expect((await change({ metadataUrl: ADDRESS })).status).toBe(200);
      expect(await settings()).toMatchObject({ ssoUrl: "https://idp.example.com/HTTP-Redirect" });
      expect((await enter(server, id, idp, { nameId: "ann" })).isIn).toBe(true);
      published = only();

      await anHourLater();

      expect(await settings()).toMatchObject({
        ...{ requestBinding: "post", ssoUrl: "https://idp.example.com/HTTP-POST" },
        metadataUrl: ADDRESS,
      });
      const page = await fetch(`${server.url}/saml/${id}/login`, { redirect: "manual" });
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('action="https://idp.example.com/HTTP-POST"');
      expect((await enter(server, id, idp, { nameId: "ann" })).isIn).toBe(true);
    });

    /** As the server's own timer does it. */
    async function anHourLater(): Promise<void> {
      const { store } = server.app;
      const parts = { store, ids: systemIds, saml, logger, refreshMinutes: 60 };
      ahead = HOUR + 1;
      await createMetadataActions(parts).refreshDue();
      ahead = 0;
    }

    it("is not asked by a redirect, whoever demands it", async () => {
      const saml = { metadata: only(), requestBinding: "redirect" };

      const { status, body } = await change(saml);

      expect([status, body.error?.field]).toEqual([400, "saml.requestBinding"]);
    });
  });
});
