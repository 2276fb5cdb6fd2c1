import { expect, it } from "@jest/globals";
import type { ApiToken, MappingRule } from "../../../src/domain/directory.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant } from "../support/tenant.js";

export function administrationContract({ store }: Subject): void {
  it("finds an organisation by id and by slug, and none by another's", async () => {
    const { organisationId } = await createTenant(store());
    const { administration } = store();
    const stored = await administration.findOrganisation(organisationId);
    expect(stored).toEqual({
      id: organisationId,
      slug: `o-${organisationId}`,
      name: "Acme",
      timeZone: "UTC",
      createdAt: AT,
    });
    expect(await administration.findOrganisation(`o-${organisationId}`)).toEqual(stored);
    expect(await administration.findOrganisation(`o-${organisationId} `)).toBeNull();
    expect(await administration.findOrganisation(`O-${organisationId}`)).toBeNull();
    expect(await administration.listOrganisations()).toContainEqual(stored);
  });

  it("refuses a second organisation with the same slug", async () => {
    const { organisationId } = await createTenant(store());
    const again = { id: systemIds.next(), slug: `o-${organisationId}`, name: "x", createdAt: AT };
    await expect(store().administration.createOrganisation(again)).rejects.toMatchObject({
      code: "Uniqueness",
      field: "slug",
    });
  });

  it("keeps a connection with all its settings and changes it only from the version that was read", async () => {
    const { organisationId } = await createTenant(store());
    const { administration } = store();
    const made = connection({
      organisationId,
      applicationUrl: "https://app.example/in?x=1",
      saml: {
        idpEntityId: "https://idp",
        ssoUrl: "https://idp/sso",
        certificates: ["-----BEGIN"],
        justInTime: "link",
        requireSignedResponse: false,
        nameIdFormats: [],
        allowCbc: false,
      },
    });
    await administration.createConnection(made);
    expect(await administration.findConnection(made.id)).toEqual(made);

    const changed = { ...made, name: "Entra", enabled: false, saml: null, version: 2 };
    await administration.updateConnection(changed, 1);
    expect(await administration.findConnection(made.id)).toEqual(changed);
    expect(await administration.listConnections(organisationId)).toContainEqual(changed);
    await expect(administration.updateConnection(changed, 1)).rejects.toMatchObject({
      code: "VersionMismatch",
    });
    const foreign = await createTenant(store());
    await expect(
      administration.updateConnection(
        { ...changed, organisationId: foreign.organisationId, name: "Taken" },
        2,
      ),
    ).rejects.toMatchObject({ code: "VersionMismatch" });
    expect(await administration.findConnection(made.id)).toEqual(changed);
  });

  it("finds, lists, touches and revokes tokens", async () => {
    const { organisationId, connectionId } = await createTenant(store());
    const { administration } = store();
    const token = apiToken({ organisationId, connectionId });
    await administration.createToken(token);
    expect(await administration.findToken(token.publicId)).toEqual(token);
    expect(await administration.findToken(token.publicId.toUpperCase())).toBeNull();
    expect(await administration.listTokens(organisationId)).toEqual([token]);

    await administration.touchToken(token.publicId, AT + 1_000);
    await administration.touchToken(token.publicId, AT + 30_000);
    expect(await administration.findToken(token.publicId)).toMatchObject({
      lastUsedAt: AT + 1_000,
    });
    await administration.touchToken(token.publicId, AT + 70_000);
    expect(await administration.findToken(token.publicId)).toMatchObject({
      lastUsedAt: AT + 70_000,
    });

    const foreign = await createTenant(store());
    const revoke = (organisation: string | null) =>
      administration.revokeToken(organisation, token.publicId, AT + 5);
    expect(await revoke(foreign.organisationId)).toBe(false);
    expect(await revoke(null)).toBe(false);
    expect(await revoke(organisationId)).toBe(true);
    expect(await revoke(organisationId)).toBe(false);
    expect(await administration.findToken(token.publicId)).toMatchObject({ revokedAt: AT + 5 });
  });

  it("replaces a token: the old one ends at the given time, or earlier if it did before", async () => {
    const { organisationId, connectionId } = await createTenant(store());
    const { administration } = store();
    const old = apiToken({ organisationId, connectionId });
    const next = apiToken({ organisationId, connectionId });
    await administration.createToken(old);
    await administration.replaceToken(next, old.publicId, AT + 500);
    await administration.replaceToken(
      { ...next, publicId: `${next.publicId}x` },
      old.publicId,
      AT + 900,
    );

    expect(await administration.findToken(old.publicId)).toEqual({ ...old, expiresAt: AT + 500 });
    expect(await administration.findToken(next.publicId)).toEqual(next);
  });

  it("keeps tokens of the whole deployment apart from those of organisations", async () => {
    const { administration } = store();
    const token = apiToken({ kind: "api" });
    await administration.createToken(token);
    expect(await administration.listTokens(null)).toContainEqual(token);
    expect(await administration.revokeToken(null, token.publicId, AT)).toBe(true);
  });

  it("finds pools by id and by name within the organisation", async () => {
    const tenant = await createTenant(store());
    const { administration } = store();
    const pool = tenant.pool({ name: "Berlin", tiers: ["basic", "pro"] });
    await administration.createPool(pool);
    expect(await administration.findPool(tenant.organisationId, pool.id)).toEqual(pool);
    expect(await administration.findPool(tenant.organisationId, "Berlin")).toEqual(pool);
    expect(await administration.findPool(tenant.organisationId, "berlin")).toBeNull();
    expect(await administration.listPools(tenant.organisationId)).toEqual([pool]);
    const foreign = await createTenant(store());
    expect(await administration.findPool(foreign.organisationId, pool.id)).toBeNull();
    await expect(administration.createPool(tenant.pool({ name: "Berlin" }))).rejects.toMatchObject({
      code: "Uniqueness",
      field: "name",
    });
  });

  it("replaces a rule, shows it to the next transaction and marks everybody stale", async () => {
    const tenant = await createTenant(store());
    const { administration } = store();
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const rule: MappingRule = {
      id: systemIds.next(),
      organisationId: tenant.organisationId,
      name: "Support",
      connectionId: null,
      match: { type: "groupName", name: "Support" },
      gives: { roles: ["agent"], settings: { skills: 3 } },
      createdAt: AT,
    };
    await administration.saveRule(rule);
    expect((await tenant.load({ stale: 5 })).stale).toEqual([user.id]);
    expect((await tenant.load()).rules).toEqual([rule]);

    const changed = { ...rule, gives: { teams: ["a"] } };
    await administration.saveRule(changed);
    expect(await administration.listRules(tenant.organisationId)).toEqual([changed]);
    expect((await tenant.load()).rules).toEqual([changed]);

    await tenant.save({ staleTaken: [user.id] });
    expect(await administration.deleteRule(tenant.organisationId, rule.id)).toBe(true);
    expect(await administration.deleteRule(tenant.organisationId, rule.id)).toBe(false);
    expect(await store().insights.staleCount(tenant.organisationId)).toBe(1);
    expect((await tenant.load()).rules).toEqual([]);
    expect(await store().organisationsWithWork(AT)).toContain(tenant.organisationId);
  });

  it("lets the first of two racing nodes decide a secret", async () => {
    const { administration } = store();
    const name = `key-${systemIds.next()}`;
    expect(await administration.readSecret(name)).toBeNull();
    const values = await Promise.all(
      ["a", "b", "c"].map((value) => administration.createSecret(name, value)),
    );
    expect(new Set(values).size).toBe(1);
    expect(await administration.readSecret(name)).toBe(values[0]);
  });

  it.each([
    ["slug", { slug: "x".repeat(65) }],
    ["name", { name: "x".repeat(257) }],
  ])("refuses an organisation whose %s is too long, naming it", async (field, values) => {
    const organisation = { id: systemIds.next(), slug: systemIds.next(), name: "x", createdAt: AT };
    await expect(
      store().administration.createOrganisation({ ...organisation, ...values }),
    ).rejects.toMatchObject({ code: "InvalidValue", field });
  });
}

function apiToken(fields: Partial<ApiToken>): ApiToken {
  return {
    publicId: `t${systemIds.next()}`,
    kind: "scim",
    organisationId: null,
    connectionId: null,
    hash: systemIds.secret(32),
    label: "Okta",
    createdAt: AT,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...fields,
  };
}
