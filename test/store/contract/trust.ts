import { expect, it } from "@jest/globals";
import type { KeyTurn } from "../../../src/domain/signIn/keyTurns.js";
import type { SamlSettings } from "../../../src/domain/directory.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant, nextName, type Tenant } from "../support/tenant.js";

const SAML: SamlSettings = {
  idpEntityId: "https://idp.example",
  ssoUrl: "https://idp.example/sso",
  certificates: ["A"],
  metadataUrl: "https://idp.example/metadata",
  justInTime: "link",
  requireSignedResponse: false,
  nameIdFormats: [],
  allowCbc: false,
};
const URL_BEFORE = "https://idp.example/metadata";

export function trustContract({ store }: Subject): void {
  async function withSource(): Promise<Tenant & { id: string }> {
    const tenant = await createTenant(store());
    const id = systemIds.next();
    const saml = { ...SAML, metadataUrl: URL_BEFORE };
    const { organisationId } = tenant;
    await store().administration.createConnection(connection({ id, organisationId, saml }));
    return { ...tenant, id };
  }

  async function claimed(id: string, now: number): Promise<boolean> {
    const { trust } = store();
    return (await trust.claimMetadata(id, { now, until: now + 30, notSince: now })) !== null;
  }

  it("knows of a connection's metadata address as long as it has one", async () => {
    const { id } = await withSource();
    const { administration, trust } = store();
    expect(await trust.findMetadata(id)).toMatchObject({ url: URL_BEFORE, refreshedAt: null });
    await trust.metadataRefreshed(id, AT, AT + 60);
    const before = (await administration.findConnection(id))!;
    const moved = { ...SAML, metadataUrl: "https://idp.example/other" };
    await administration.updateConnection({ ...before, saml: moved, version: 2 }, 1);
    expect(await trust.findMetadata(id)).toMatchObject({
      url: "https://idp.example/other",
      refreshedAt: null,
      nextRefreshAt: 0,
    });
    await administration.updateConnection({ ...before, saml: null, version: 3 }, 2);
    expect(await trust.findMetadata(id)).toBeNull();
    expect(await trust.findMetadata("unknown")).toBeNull();
  });

  it("keeps what is known of the address when something else of the connection changes", async () => {
    const { id } = await withSource();
    const { administration, trust } = store();
    await trust.metadataRefreshed(id, AT, AT + 60);
    const before = (await administration.findConnection(id))!;
    await administration.updateConnection({ ...before, name: "other", version: 2 }, 1);
    expect(await trust.findMetadata(id)).toMatchObject({ refreshedAt: AT, nextRefreshAt: AT + 60 });
  });

  it("lets one at a time read metadata, out of turn no more often than asked for", async () => {
    const { id } = await withSource();
    const { trust } = store();
    const both = await Promise.all([claimed(id, AT), claimed(id, AT)]);
    expect(both.sort()).toEqual([false, true]);
    expect(await claimed(id, AT + 29)).toBe(false);
    expect(await claimed(id, AT + 30)).toBe(true);
    await trust.metadataRefreshed(id, AT + 31, AT + 1_000);
    const soon = { now: AT + 32, until: AT + 40, notSince: AT + 29 };
    expect(await trust.claimMetadata(id, soon)).toBeNull();
    expect(await trust.claimMetadata(id, { ...soon, notSince: AT + 30 })).toMatchObject({
      connectionId: id,
      refreshedAt: AT + 31,
      claimedUntil: AT + 40,
    });
  });

  it("gives what is due to one of those who ask together", async () => {
    const { id } = await withSource();
    const { trust } = store();
    await trust.metadataRefreshed(id, AT, AT + 50);
    const ask = async (now: number) =>
      (await trust.claimDueMetadata(1_000, { now, until: now + 30 })).some(
        ({ connectionId }) => connectionId === id,
      );
    expect(await ask(AT + 49)).toBe(false);
    const answers = await Promise.all([ask(AT + 50), ask(AT + 50), ask(AT + 50)]);
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await ask(AT + 80)).toBe(true);
  });

  it("counts failures until the metadata can be read again", async () => {
    const { id } = await withSource();
    const { trust } = store();
    await trust.metadataFailed(id, AT, AT + 5, "It answers 404.");
    await trust.metadataFailed(id, AT + 5, AT + 15, "It answers 500.");
    expect(await trust.findMetadata(id)).toMatchObject({
      ...{ failedAt: AT + 5, failures: 2, failure: "It answers 500.", nextRefreshAt: AT + 15 },
      claimedUntil: 0,
    });
    await trust.metadataRefreshed(id, AT + 20, AT + 30);
    expect(await trust.findMetadata(id)).toMatchObject({
      ...{ failedAt: null, failures: 0, failure: null, refreshedAt: AT + 20 },
    });
  });

  it("remembers when a certificate first and last verified a sign-in", async () => {
    const { id, organisationId } = await withSource();
    const { trust } = store();
    const [one, other] = ["AA:01", "AA:02"];
    await trust.certificateVerified({ id, organisationId }, one, AT);
    await trust.certificateVerified({ id, organisationId }, one, AT + 5);
    await trust.certificateVerified({ id, organisationId }, other, AT + 9);
    expect([...(await trust.certificateUses(id))].sort()).toEqual([
      [one, { firstVerifiedAt: AT, lastVerifiedAt: AT + 5 }],
      [other, { firstVerifiedAt: AT + 9, lastVerifiedAt: AT + 9 }],
    ]);
  });

  it("warns once for each certificate and threshold, whoever asks at the same time", async () => {
    const { id, organisationId, event } = await withSource();
    const { trust, outbox } = store();
    const warn = (fingerprint: string, ...days: [number, ...number[]]) =>
      trust.warnOfCertificate(
        { connectionId: id, fingerprint, days },
        event({ type: "certificate.expiring", userId: null, data: { fingerprint, days } }),
      );
    const first = await Promise.all([warn("F", 30), warn("F", 30), warn("F", 30)]);
    expect(first.filter(Boolean)).toHaveLength(1);
    expect(await warn("F", 7, 30)).toBe(true);
    expect(await warn("F", 7, 30)).toBe(false);
    // Met late: the earlier threshold counts as told.
    expect(await warn("G", 1, 7, 30)).toBe(true);
    expect(await warn("G", 7, 30)).toBe(false);
    const told: unknown[] = [];
    for (;;) {
      const events = await outbox.claim(AT + 1e9, 100, AT + 2e9);
      if (events.length === 0) break;
      told.push(...events.filter((each) => each.organisationId === organisationId));
      await outbox.delivered(
        events.map((each) => each.id),
        AT + 1e9,
      );
    }
    expect(told).toHaveLength(3);
  });

  it("keeps the turns of keys, and takes a name once", async () => {
    const { keys } = store();
    const name = nextName("key");
    const turn: KeyTurn = { name, purpose: "token", createdAt: AT, signsFrom: null, endsAt: null };
    await keys.addTurn(turn);
    await expect(keys.addTurn(turn)).rejects.toMatchObject({ code: "Uniqueness" });
    await keys.saveTurn({ ...turn, signsFrom: AT + 1, endsAt: AT + 2 });
    const found = (await keys.listTurns()).find((each) => each.name === name);
    expect(found).toEqual({ ...turn, signsFrom: AT + 1, endsAt: AT + 2 });
  });

  it("replaces a secret only while it is as it was read", async () => {
    const { keys, administration } = store();
    const name = nextName("secret");
    await administration.createSecret(name, "one");
    expect(await keys.replaceSecret(name, "other", "two")).toBe(false);
    expect(await keys.replaceSecret(name, "one", "two")).toBe(true);
    expect(await keys.replaceSecret(name, "one", "three")).toBe(false);
    const found = (await keys.listSecrets()).find((each) => each.name === name);
    expect(found).toEqual({ name, value: "two" });
    await keys.deleteSecret(name);
    expect(await administration.readSecret(name)).toBeNull();
  });

  it("keeps the groups of an assertion with the person, until the person goes", async () => {
    const tenant = await createTenant(store());
    const asserted = { groups: ["Äpfel", "b"], isAuthoritative: true };
    const [with1, without] = [tenant.user({ asserted }), tenant.user()];
    await tenant.save({ usersInserted: [with1, without] });
    const load = async (id: string) => (await tenant.load({ users: [id] })).users.get(id)?.user;
    expect(await load(with1.id)).toEqual(with1);
    expect(await load(without.id)).not.toHaveProperty("asserted");
    const row = { ...without, asserted, lastSignInAt: AT };
    await tenant.save({ usersUpdated: [{ row, expectedVersion: 1 }] });
    expect(await load(without.id)).toEqual(row);
  });

  it("finds whom a connection calls by an external id, exactly, and two where there are several", async () => {
    const tenant = await createTenant(store());
    const users = ["e1", "E1", "e1 ", "e2", "e2", "e2"].map((externalId) =>
      tenant.user({ externalId }),
    );
    await tenant.save({ usersInserted: users });
    const { connectionId } = tenant;
    const found = async (externalId: string, of = connectionId) => [
      ...(await tenant.load({ provisionedAs: [{ connectionId: of, externalId }] })).users.keys(),
    ];
    expect(await found("e1")).toEqual([users[0]!.id]);
    expect(await found("e2")).toHaveLength(2);
    expect(await found("e1", "other")).toEqual([]);
  });
}
