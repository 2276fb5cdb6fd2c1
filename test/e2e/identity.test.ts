import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { ConnectionInput, SamlInput } from "../../src/actions/administerConnections.js";
import { createStore } from "../../src/store/index.js";
import { createLogger } from "../../src/http/logger.js";
import { enter } from "../support/samlDoor.js";
import { createTestIdp, NAME_ID_TRANSIENT, PERSISTENT, type TestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Who is signed in, through the whole server: the cases N-74 to N-77 and N-94 to N-100 of sign-in. */
const EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const APPLICATION = "https://app.example/in";

onEachDatabase("whom an assertion signs in", (freshDatabase) => {
  let server: TestServer;
  let idp: TestIdp;
  let next: TestIdp;
  let count = 0;
  const reasons: string[] = [];

  beforeAll(async () => {
    [idp, next] = await Promise.all([createTestIdp(), createTestIdp()]);
    const ignore = () => undefined;
    const note = (fields: object) => void reasons.push(JSON.stringify(fields));
    const logger = { debug: ignore, info: note, warn: note, error: note };
    const store = await createStore({
      url: await freshDatabase(),
      logger: createLogger({ level: "silent" }),
    });
    const domains = {
      isVerified: (_: string, domain: string) => Promise.resolve(domain === "acme.example"),
    };
    server = await startTestServer({}, { store, logger, domains });
  });
  afterAll(() => server.close());

  interface Tenant {
    readonly org: TestOrganisation;
    readonly link: TestConnection;
    readonly id: string;
  }

  async function tenant(
    saml: Partial<SamlInput> = {},
    more: Partial<ConnectionInput> = {},
  ): Promise<Tenant> {
    count += 1;
    const org = await server.organisation(`tenant-${String(count)}`);
    const link = await connectionOf(org, saml, more);
    return { org, link, id: link.connection.id };
  }

  function connectionOf(
    org: TestOrganisation,
    saml: Partial<SamlInput>,
    { plugin = "generic", ...more }: Partial<ConnectionInput> = {},
  ): Promise<TestConnection> {
    const byHand = {
      idpEntityId: idp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [idp.certificate],
    };
    const settings = saml.metadataUrl === undefined ? { ...byHand, ...saml } : saml;
    return org.connection(plugin, { applicationUrl: APPLICATION, ...more, saml: settings });
  }

  async function people({ org }: Tenant): Promise<string[]> {
    const { body } = await org.api("GET", "/users");
    return body.items.map(({ userName }: { userName: string }) => userName).sort();
  }

  /** Refused, for this reason, without a session, an account or a line in the ledger. */
  async function refused(where: Tenant, says: Parameters<typeof enter>[3], reason: string) {
    const before = [await people(where), (await where.org.api("GET", "/entries?limit=200")).body];
    reasons.length = 0;

    const entrance = await enter(server, where.id, idp, says);

    expect(entrance).toMatchObject({ status: 403, isIn: false, claims: null });
    expect(reasons.join()).toContain(reason);
    const after = [await people(where), (await where.org.api("GET", "/entries?limit=200")).body];
    expect(after).toEqual(before);
  }

  it("N-74: nobody without a NameID, nor with an empty one", async () => {
    const where = await tenant({ justInTime: "create" });

    await refused(where, { nameId: undefined }, "NameIdMissing");
    await refused(where, { nameId: "" }, "NameIdMalformed");
  });

  it("N-75: never whom an attribute called NameID names", async () => {
    const where = await tenant();
    for (const userName of ["alice", "root"]) await where.link.scim("POST", "/Users", { userName });
    const attributes = [
      "nameID",
      "NameID",
      "issuer",
      "sessionIndex",
      "__proto__",
      "constructor",
    ].map((name) => [name, "root"] as const);

    expect((await enter(server, where.id, idp, { attributes })).claims).toMatchObject({
      userName: "alice",
    });
  });

  it("N-76: a look-alike of a NameID is somebody else", async () => {
    const where = await tenant();
    await where.link.scim("POST", "/Users", { userName: "kate" });
    expect((await enter(server, where.id, idp, { nameId: "kate" })).isIn).toBe(true);

    for (const nameId of ["\u212Aate", "kat\u0435", "k\u00E1te", "kate\u200B"]) {
      await refused(where, { nameId }, "notProvisioned");
    }
    await refused(where, { nameId: " kate" }, "NameIdMalformed");
  });

  it("N-77: nobody by a NameID that is another one each time, even if it was configured", async () => {
    const where = await tenant({
      justInTime: "create",
      nameIdFormats: [NAME_ID_TRANSIENT, PERSISTENT],
    });

    await refused(where, { nameIdFormat: NAME_ID_TRANSIENT }, "NameIdFormatRefused");
  });

  it("N-94: nobody new with an address outside the verified domains, where that is demanded", async () => {
    const where = await tenant({ justInTime: "create", requireVerifiedDomain: true });
    const mail = (address: string) => ({
      ...{ nameId: "opaque-1", attributes: [["uid", "ann"] as const, ["mail", address] as const] },
    });

    await refused(where, mail("ann@evil.example"), "domainNotVerified");
    await refused(where, mail("ann@acme.example.evil.example"), "domainNotVerified");
    await refused(where, { nameId: "opaque-1" }, "domainNotVerified");
    expect((await enter(server, where.id, idp, mail("ann@ACME.example"))).isIn).toBe(true);
  });

  it("an address alone links only where its domain is verified", async () => {
    const where = await tenant();
    for (const userName of ["ann@acme.example", "ben@other.example"]) {
      await where.link.scim("POST", "/Users", { userName });
    }
    const mail = (nameId: string, address: string) => ({
      ...{ nameId, attributes: [["mail", address] as const] },
    });

    await refused(where, mail("opaque-b", "ben@other.example"), "onlyAnAddress");
    expect((await enter(server, where.id, idp, mail("opaque-a", "ann@acme.example"))).isIn).toBe(
      true,
    );
  });

  it("N-95: one address in two organisations is two people", async () => {
    const [one, other] = [
      await tenant({ justInTime: "create" }),
      await tenant({ justInTime: "create" }),
    ];
    const says = { nameId: "ann@acme.example", nameIdFormat: EMAIL };

    const first = await enter(server, one.id, idp, says);
    const second = await enter(server, other.id, idp, says);

    expect(first.claims?.["sub"]).not.toBe(second.claims?.["sub"]);
    expect(await people(one)).toEqual(await people(other));
    await other.link.scim("DELETE", `/Users/${String(second.claims?.["sub"])}`);
    expect(await people(one)).toEqual(["ann@acme.example"]);
  });

  it("N-96: nobody takes over an account of another connection, by name, address or externalId", async () => {
    const where = await tenant();
    const admin = { userName: "admin@acme.example", externalId: "admin-1" };
    await where.link.scim("POST", "/Users", admin);
    const claims = [["externalId", "admin-1"] as const, ["mail", "admin@acme.example"] as const];
    const says = { nameId: "admin@acme.example", nameIdFormat: EMAIL, attributes: claims };

    for (const linkBy of ["userName", "externalId"] as const) {
      const rogue = await connectionOf(
        where.org,
        { justInTime: "create", linkBy },
        { name: linkBy },
      );
      await refused({ ...where, id: rogue.connection.id }, says, "nameOfAnotherAccount");
    }
  });

  it("N-97: whose address changes to somebody else's stays who they were", async () => {
    const where = await tenant({ attributes: "authoritative" });
    const [ann] = await Promise.all(
      ["ann", "ben"].map((userName) => where.link.scim("POST", "/Users", { userName })),
    );
    await enter(server, where.id, idp, { nameId: "key-a", attributes: [["uid", "ann"]] });

    const attributes = [["uid", "ben"] as const, ["mail", "ben@acme.example"] as const];
    const { claims } = await enter(server, where.id, idp, { nameId: "key-a", attributes });

    expect(claims).toMatchObject({ sub: ann?.body.id, userName: "ann" });
  });

  it("N-98: nobody who was deprovisioned, known or not", async () => {
    const where = await tenant({ justInTime: "create" });
    const { body } = await where.link.scim("POST", "/Users", { userName: "alice" });
    expect((await enter(server, where.id, idp)).isIn).toBe(true);
    await where.link.scim("PATCH", `/Users/${String(body.id)}`, {
      Operations: [{ op: "replace", path: "active", value: false }],
    });

    await refused(where, {}, "deactivated");
    await refused(where, { nameId: "another-key", attributes: [["uid", "alice"]] }, "deactivated");
  });

  it("N-99: who is created when no seat is left is signed in without one, and waits", async () => {
    const where = await tenant({ justInTime: "create" });
    const policy = { acquireOn: "signIn", onFull: ["wait"] } as const;
    await where.org.pool({ name: "p", kind: "shared", capacity: 1, policy });
    await where.org.rule({ match: { type: "everyone" }, gives: { roles: ["user"] } });

    const first = await enter(server, where.id, idp, { nameId: "first" });
    const second = await enter(server, where.id, idp, { nameId: "second" });

    expect(first.claims?.["products"].support.state).toBe("held");
    expect(second.claims?.["products"].support.state).toBe("waiting");
  });

  it("N-100: no attribute gives a role that no rule gives", async () => {
    const where = await tenant({ justInTime: "create", attributes: "authoritative" });
    await where.org.rule({
      match: { type: "groupName", name: "Agents" },
      gives: { roles: ["user"] },
    });
    const claims = ["role", "roles", "entitlements", "groups", "memberOf", "isAdmin", "active"];
    const attributes = claims.map((name) => [name, "admin", "team-leader", "owner"] as const);

    const { claims: given } = await enter(server, where.id, idp, { attributes });

    expect(given).toMatchObject({ roles: [], teams: [] });
  });

  it("groups of an assertion count where the connection says so, and absent ones change nothing", async () => {
    const where = await tenant({ justInTime: "create", attributes: "authoritative" });
    await where.org.rule({
      match: { type: "groupName", name: "Agents" },
      gives: { roles: ["user"] },
    });
    const roles = async (...groups: string[][]) =>
      (
        await enter(server, where.id, idp, {
          attributes: groups.map((names) => ["groups", ...names] as const),
        })
      ).claims?.["roles"];

    expect(await roles(["Agents", "Others"])).toEqual(["user"]);
    expect(await roles()).toEqual(["user"]);
    expect(await roles(["Others"])).toEqual([]);
    expect(await roles()).toEqual([]);
  });

  it("Entra's link in place of too many groups says nothing about groups", async () => {
    const where = await tenant(
      { justInTime: "create", attributes: "authoritative" },
      { plugin: "entra" },
    );
    const id = "6d7e1f0c-0000-4000-8000-000000000001";
    await where.org.rule({ match: { type: "groupName", name: id }, gives: { roles: ["user"] } });
    const claim = "http://schemas.microsoft.com";
    const roles = async (name: string, value: string) =>
      (
        await enter(server, where.id, idp, {
          nameId: "ann@acme.example",
          attributes: [[name, value]],
        })
      ).claims?.["roles"];

    expect(await roles(`${claim}/ws/2008/06/identity/claims/groups`, id)).toEqual(["user"]);
    expect(await roles(`${claim}/claims/groups.link`, "https://graph.example/x")).toEqual(["user"]);
  });

  it("is signed in also with the provider's next key, which is found in its metadata", async () => {
    let certificates = [idp.certificate];
    const keys = () =>
      certificates.map(
        (pem) =>
          `<KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${pem.replace(/-----[A-Z ]+-----/g, "")}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`,
      );
    const publisher = createServer((_request, response) => {
      response.end(
        `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${idp.entityId}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys().join("")}<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/></IDPSSODescriptor></EntityDescriptor>`,
      );
    }).listen(0, "127.0.0.1");
    await once(publisher, "listening");
    const { port } = publisher.address() as AddressInfo;
    const metadataUrl = `http://127.0.0.1:${String(port)}/metadata`;
    const where = await tenant({ justInTime: "create", metadataUrl });
    expect((await enter(server, where.id, idp)).isIn).toBe(true);
    certificates = [next.certificate];
    const sent = { ...next, entityId: idp.entityId };

    const together = await Promise.all([
      enter(server, where.id, sent),
      enter(server, where.id, sent),
    ]);

    expect(together.map(({ isIn }) => isIn)).toEqual([true, true]);
    const { body } = await where.org.api("GET", `/connections/${where.id}/certificates`);
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({ state: "trusted" });
    expect(body.metadata).toMatchObject({ url: metadataUrl, failure: null });
    publisher.close();
    await where.org.api("POST", `/connections/${where.id}/metadata/refresh`).then((answer) => {
      expect(answer).toMatchObject({ status: 400, body: { error: { code: "InvalidValue" } } });
    });
    const failed = await where.org.api("GET", `/connections/${where.id}/certificates`);
    expect(failed.body.metadata.failure).toMatch(/cannot be read/);
    expect((await enter(server, where.id, sent)).isIn).toBe(true);
  });
});
