import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { generate } from "selfsigned";
import { createConnection, updateConnection } from "../../src/actions/administerConnections.js";
import { createOrganisation, type AdministerDeps } from "../../src/actions/administer.js";
import { certificatesOf } from "../../src/actions/certificateReport.js";
import { createMetadataActions, type MetadataActions } from "../../src/actions/metadata.js";
import { fingerprintOf } from "../../src/actions/pinned.js";
import type { Connection } from "../../src/domain/directory.js";
import type { OutboxEvent } from "../../src/domain/history.js";
import type { Logger, Store } from "../../src/ports.js";
import type { SeatkeeperError } from "../../src/errors.js";
import { createSafeFetch } from "../../src/http/safeFetch.js";
import { createSamlReader } from "../../src/saml/reader.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { onEachDatabase } from "../e2e/databases.js";

/** Trust in an identity provider that publishes its metadata, as several nodes see it. */
const NOW = Date.parse("2026-06-01T12:00:00Z");
const MINUTE = 60_000;
const DAY = 86_400_000;
const URL_OF_METADATA = "https://idp.example/metadata";

let a: string;
let b: string;
let short: string;
beforeAll(async () => {
  const made = (days: number) =>
    generate([{ name: "commonName", value: "idp" }], {
      ...{ keySize: 2048, algorithm: "sha256", notBeforeDate: new Date(NOW - DAY) },
      notAfterDate: new Date(NOW + days * DAY),
    });
  const all = await Promise.all([made(900), made(900), made(40)]);
  const texts = all.map(({ cert }) => `${cert.replace(/\r\n?/g, "\n").trim()}\n`);
  [a, b, short] = texts as [string, string, string];
});

function metadata(certificates: readonly string[], entityId = "https://idp.example"): string {
  const keys = certificates.map(
    (pem) =>
      `<KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${pem.replace(/-----[A-Z ]+-----/g, "")}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`,
  );
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join("")}` +
    `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>` +
    `</IDPSSODescriptor></EntityDescriptor>`
  );
}

onEachDatabase("an identity provider's metadata by address", (freshDatabase) => {
  const clock = { value: NOW, now: () => clock.value };
  const ignore = () => undefined;
  const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const stores: Store[] = [];
  let published: () => { status: number; body: string };
  let fetched: number;
  let store: Store;
  let node: MetadataActions;
  let other: MetadataActions;
  let deps: AdministerDeps;

  beforeEach(async () => {
    clock.value = NOW;
    fetched = 0;
    published = () => ({ status: 200, body: metadata([a]) });
    const url = await freshDatabase();
    store = await open(url);
    await store.migrate();
    const saml = reader();
    deps = {
      ...{ store, ids: systemIds, pluginIds: ["generic"], saml },
      catalogue: undefined as unknown as AdministerDeps["catalogue"],
    };
    node = actions(store);
    other = actions(await open(url));
  });
  afterEach(async () => {
    for (const each of stores.splice(0)) await each.close();
  });

  async function open(url: string): Promise<Store> {
    const opened = await createStore({ url, clock, logger });
    stores.push(opened);
    return opened;
  }

  function reader() {
    return createSamlReader({
      ...{ clock, allowLoopback: false },
      fetch: async () => {
        fetched += 1;
        return published();
      },
    });
  }

  function actions(on: Store): MetadataActions {
    const parts = { ids: systemIds, saml: reader(), logger, refreshMinutes: 60 };
    // Shorter than in earnest, but a pause: without one all looks were over before a busy machine had read the metadata.
    return createMetadataActions({ store: on, ...parts, pause: () => sleep(50) });
  }

  async function connected(): Promise<Connection> {
    const acme = await createOrganisation(deps, { slug: "acme", name: "Acme" });
    const saml = { metadataUrl: URL_OF_METADATA };
    return createConnection(deps, acme.id, { name: "IdP", saml });
  }

  async function now(id: string): Promise<Connection> {
    return (await store.administration.findConnection(id))!;
  }

  const publish = (...certificates: string[]) =>
    (published = () => ({ status: 200, body: metadata(certificates) }));

  it("is read before the connection is saved, again when it is time, and by one node at a time", async () => {
    const { id, saml } = await connected();
    expect(saml).toMatchObject({ certificates: [a], metadataUrl: URL_OF_METADATA });
    expect(fetched).toBe(1);
    await Promise.all([node.refreshDue(), other.refreshDue()]);
    expect(fetched).toBe(1);

    publish(a, b);
    clock.value += 60 * MINUTE;
    await Promise.all([node.refreshDue(), other.refreshDue()]);

    expect(fetched).toBe(2);
    const after = await now(id);
    expect(after.saml?.certificates).toEqual([a, b]);
    const lines = await store.ledger.lines(after.organisationId, { after: 0, limit: 10 });
    const entries = JSON.stringify(lines);
    expect(entries).toContain("connection.metadataRefreshed");
    expect(entries).toContain(fingerprintOf(b));
  });

  it("moves the sign-in address along, and leaves everything else of the connection as it was", async () => {
    const { id, organisationId } = await connected();
    await updateConnection(deps, organisationId, id, { saml: { attributes: "authoritative" } });
    const before = await now(id);
    published = () => ({ status: 200, body: metadata([a]).replace("/sso", "/moved") });
    clock.value += 60 * MINUTE;
    await node.refreshDue();
    const after = await now(id);

    expect(after.saml).toEqual({
      ...before.saml,
      ssoUrl: "https://idp.example/moved",
      leaving: [],
    });
    clock.value += 60 * MINUTE;
    await node.refreshDue();
    expect((await now(id)).version).toBe(after.version);
  });

  it("never takes the last certificate that worked, until the new one has worked", async () => {
    const connection = await connected();
    await node.certificateWorked(connection, a);
    publish(b);
    clock.value += 60 * MINUTE;
    await node.refreshDue();
    const rolling = await now(connection.id);
    expect(rolling.saml).toMatchObject({ certificates: [b, a], leaving: [a] });
    expect((await certificatesOf(store, rolling)).certificates).toMatchObject([
      { state: "trusted", verifiedAt: null },
      { state: "leaving", verifiedAt: NOW },
    ]);

    await other.certificateWorked(rolling, a);
    expect((await now(connection.id)).saml?.certificates).toEqual([b, a]);
    await other.certificateWorked(rolling, b);

    expect((await now(connection.id)).saml).toMatchObject({ certificates: [b], leaving: [] });
  });

  it("lets a withdrawn certificate go at its end", async () => {
    publish(short);
    const connection = await connected();
    await node.certificateWorked(connection, short);
    publish(b);
    clock.value += 60 * MINUTE;
    await node.refreshDue();
    await node.watchExpiry();
    expect((await now(connection.id)).saml?.certificates).toEqual([b, short]);

    clock.value = NOW + 41 * DAY;
    await node.watchExpiry();

    expect((await now(connection.id)).saml?.certificates).toEqual([b]);
  });

  // prettier-ignore
  it.each<[title: string, answer: () => { status: number; body: string }, sentence: RegExp]>([
    ["another entity ID",   () => ({ status: 200, body: metadata([b], "https://evil.example") }),                                    /to which this connection is bound/],
    ["no signing key",      () => ({ status: 200, body: metadata([]) }),                                                             /no certificate for signing/],
    ["an expired document", () => ({ status: 200, body: metadata([b]).replace("entityID", 'validUntil="2026-01-01T00:00:00Z" entityID') }), /expired/],
    ["a private key",       () => ({ status: 200, body: `${metadata([b])}<!-- -----BEGIN PRIVATE KEY----- -->` }),                   /private key/],
    ["a service provider",  () => ({ status: 200, body: metadata([b]).replaceAll("IDPSSO", "SPSSO") }),                              /not the metadata of an identity provider/],
    ["an error page",       () => ({ status: 503, body: "down" }),                                                                   /answers 503/],
    ["a broken connection", () => { throw new Error("connect ECONNREFUSED"); },                                                      /ECONNREFUSED/],
  ])("N-110: with %s changes nothing, and says so", async (_, answer, sentence) => {
    const connection = await connected();
    published = answer;
    clock.value += 60 * MINUTE;

    await node.refreshDue();

    const state = await store.trust.findMetadata(connection.id);
    expect(state).toMatchObject({ failures: 1, refreshedAt: NOW, nextRefreshAt: clock.value + 5 * MINUTE });
    expect(state?.failure).toMatch(sentence);
    expect(await now(connection.id)).toEqual(connection);
    const cause = { type: "admin", action: "x", actor: "y", requestId: null } as const;
    await expect(node.refreshMetadata(connection, cause)).rejects.toThrow(sentence);
    await expect(
      updateConnection(deps, connection.organisationId, connection.id, { saml: { metadataUrl: URL_OF_METADATA } }),
    ).rejects.toThrow(sentence);
  });

  it("N-109: tells nobody which names there are inside: one sentence for all that are not public", async () => {
    const connection = await connected();
    const resolve = async (name: string) => {
      if (name === "nobody.inside.example") throw new Error(`getaddrinfo ENOTFOUND ${name}`);
      return name === "empty.example" ? [] : [{ address: "10.1.2.3", family: 4 }];
    };
    const inside = {
      ...deps,
      saml: createSamlReader({ clock, allowLoopback: false, fetch: createSafeFetch({ resolve }) }),
    };
    const told = new Set<string>();
    const noted: (string | undefined)[] = [];
    for (const name of ["nobody.inside.example", "wiki.inside.example", "empty.example"]) {
      const saml = { metadataUrl: `https://${name}/metadata` };
      const { organisationId, id } = connection;
      await updateConnection(inside, organisationId, id, { saml }).catch((error: unknown) => {
        const { message, detail } = error as SeatkeeperError;
        told.add(message);
        noted.push(detail);
      });
    }

    expect([...told]).toEqual([
      "The metadata address cannot be read: its name leads nowhere in the public internet.",
    ]);
    expect(noted).toEqual([
      "getaddrinfo ENOTFOUND nobody.inside.example",
      "it leads to an address that is not public (private)",
      "its name has no address",
    ]);
  });

  it("is asked for ever more seldom while it fails, but not more seldom than usual", async () => {
    const { id } = await connected();
    published = () => ({ status: 500, body: "" });
    const waits: number[] = [];
    clock.value += 60 * MINUTE;
    for (let turn = 0; turn < 6; turn += 1) {
      await node.refreshDue();
      const { nextRefreshAt } = (await store.trust.findMetadata(id))!;
      waits.push((nextRefreshAt - clock.value) / MINUTE);
      clock.value = nextRefreshAt;
    }

    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it("is read once more for a signature of nobody's, once for all who come together, and seldom", async () => {
    const connection = await connected();
    publish(a, b);

    const answers = await Promise.all(
      [node, node, other].map((each) => each.certificatesAfterRefusal(connection)),
    );

    expect(fetched).toBe(2);
    expect(answers.map((each) => each?.saml?.certificates)).toEqual([
      [a, b],
      [a, b],
      [a, b],
    ]);
    // Whoever invents signatures makes us ask no more often than every half minute.
    for (let tries = 0; tries < 5; tries += 1) {
      expect(await other.certificatesAfterRefusal(answers[0]!)).toBeNull();
    }
    expect(fetched).toBe(2);
    clock.value += 30_000;
    expect(await other.certificatesAfterRefusal(answers[0]!)).toBeNull();
    expect(fetched).toBe(3);
  });

  it("is not read again for a connection that has no address, or has been switched off", async () => {
    const connection = await connected();
    await updateConnection(deps, connection.organisationId, connection.id, { enabled: false });
    publish(a, b);
    expect(await node.certificatesAfterRefusal(connection)).toBeNull();
    await updateConnection(deps, connection.organisationId, connection.id, {
      saml: { certificates: [a] },
    });
    const byHand = await now(connection.id);

    expect(byHand.saml).not.toHaveProperty("metadataUrl");
    expect(await node.certificatesAfterRefusal(byHand)).toBeNull();
    expect(await store.trust.findMetadata(connection.id)).toBeNull();
  });

  it("keeps the address when something else of the connection is changed", async () => {
    const { id, organisationId } = await connected();

    await updateConnection(deps, organisationId, id, { saml: { justInTime: "create" } });
    expect((await now(id)).saml).toMatchObject({ metadataUrl: URL_OF_METADATA, certificates: [a] });
    await updateConnection(deps, organisationId, id, { saml: { metadataUrl: null } });

    expect((await now(id)).saml).not.toHaveProperty("metadataUrl");
    expect((await now(id)).saml?.certificates).toEqual([a]);
  });

  it("tells of a certificate's end 30, 7 and 1 days before, each once, on whatever node", async () => {
    publish(short);
    const { id, organisationId } = await connected();
    const told: OutboxEvent[] = [];
    for (const days of [41, 31, 30, 29, 8, 7, 6, 1, 0.5, -1]) {
      clock.value = NOW + (40 - days) * DAY;
      await Promise.all([node.watchExpiry(), other.watchExpiry()]);
      // A process that has just started remembers nothing.
      await actions(store).watchExpiry();
      const events = await store.outbox.claim(clock.value + DAY, 10, clock.value + 2 * DAY);
      told.push(...events);
      await store.outbox.delivered(
        events.map((event) => event.id),
        clock.value,
      );
    }

    expect(told.map(({ type, data }) => [type, data["days"]])).toEqual([
      ["certificate.expiring", 30],
      ["certificate.expiring", 7],
      ["certificate.expiring", 1],
    ]);
    expect(told[0]).toMatchObject({
      ...{ organisationId, userId: null },
      data: {
        ...{ connectionId: id, connection: "IdP", fingerprint: fingerprintOf(short) },
        ...{ subject: "CN=idp", hasSuccessor: false },
      },
    });
  });
});
