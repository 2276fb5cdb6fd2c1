import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createStore } from "../../src/store/index.js";
import { createLogger } from "../../src/http/logger.js";
import { onEachDatabase } from "../e2e/databases.js";
import { enter } from "../support/samlDoor.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type Answer,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";

/** Whose word a connection takes, and by which NameIDs it knows people. */
const ELSEWHERE = "https://other.example.com/saml";

function metadata({ entityId, certificate }: TestIdp, bindings = ["HTTP-Redirect", "HTTP-POST"]) {
  const services = bindings.map(
    (binding) =>
      `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="https://idp.example.com/${binding}"/>`,
  );
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">` +
    `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate.replace(/-----[A-Z ]+-----/g, "")}` +
    `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>${services.join("")}</IDPSSODescriptor></EntityDescriptor>`
  );
}

onEachDatabase("the provider of a connection", (freshDatabase) => {
  let server: TestServer;
  let idp: TestIdp;
  let other: TestIdp;
  let org: TestOrganisation;
  let id: string;
  let count = 0;

  beforeAll(async () => {
    [idp, other] = await Promise.all([createTestIdp(), createTestIdp(ELSEWHERE)]);
    const logger = createLogger({ level: "silent" });
    const store = await createStore({ url: await freshDatabase(), logger });
    server = await startTestServer({}, { store });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    count += 1;
    org = await server.organisation(`provider-${String(count)}`);
    const link = await org.connection("generic", { saml: { metadata: metadata(idp) } });
    id = link.connection.id;
    await link.scim("POST", "/Users", { userName: "ann" });
  });

  const change = (saml: object): Promise<Answer> =>
    org.api("PATCH", `/connections/${id}`, { saml });
  const settings = async () => (await server.app.store.administration.findConnection(id))?.saml;
  const lastEntry = async () =>
    (await org.api("GET", "/entries?newestFirst=true&limit=1")).body.items[0];

  describe("does not change in passing", () => {
    it.each([
      ["metadata", () => ({ metadata: metadata(other) })],
      ["an entity ID by hand", () => ({ idpEntityId: ELSEWHERE })],
    ])("by %s", async (_title, saml) => {
      const before = await settings();

      const { status, body } = await change(saml());

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

    it("is not asked by a redirect, whoever demands it", async () => {
      const saml = { metadata: only(), requestBinding: "redirect" };

      const { status, body } = await change(saml);

      expect([status, body.error?.field]).toEqual([400, "saml.requestBinding"]);
    });
  });
});
