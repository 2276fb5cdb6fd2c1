import { expect, it } from "@jest/globals";
import type { ApiToken, MappingRule } from "../../../src/domain/directory.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant } from "../support/tenant.js";

export function administrationContract({ store, opened }: Subject): void {
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

  it("gives of two connections or rules that take one name at once the name to one, created or renamed, also on two nodes", async () => {
    const { organisationId } = await createTenant(store());
    const node = (await opened().another?.()) ?? null;
    const { administration } = store();
    const other = node?.administration ?? administration;
    const taken = { status: "rejected", reason: { code: "Uniqueness", field: "name" } };
    const outcomes = async (...attempts: Promise<void>[]) =>
      (await Promise.allSettled(attempts)).sort((a, b) => (a.status < b.status ? -1 : 1));
    const one = [{ status: "fulfilled" }, taken];

    const entra = () => connection({ organisationId, name: "Entra" });
    const made = outcomes(
      administration.createConnection(entra()),
      other.createConnection(entra()),
    );
    expect(await made).toMatchObject(one);

    const [ping, google] = ["Ping", "Google"].map((name) => connection({ organisationId, name }));
    for (const each of [ping!, google!]) await administration.createConnection(each);
    const renamed = outcomes(
      administration.updateConnection({ ...ping!, name: "Same", version: 2 }, 1),
      other.updateConnection({ ...google!, name: "Same", version: 2 }, 1),
    );
    expect(await renamed).toMatchObject(one);

    const [sales, again, desk] = ["Sales", "Sales", "Desk"].map((name) =>
      ruleOf(organisationId, name),
    );
    const saved = outcomes(administration.saveRule(sales!), other.saveRule(again!));
    expect(await saved).toMatchObject(one);
    await administration.saveRule(desk!);
    const stolen = administration.saveRule({ ...desk!, name: "Sales" });
    await expect(stolen).rejects.toMatchObject(taken.reason);
    // Its own name is nobody else's, and another case makes another name.
    await administration.saveRule({ ...desk!, gives: { teams: ["b"] } });
    await administration.saveRule({ ...desk!, name: "sales" });
    const kept = (await administration.listRules(organisationId)).map(({ name }) => name);
    expect(kept.sort()).toEqual(["Sales", "sales"]);
    await node?.close();
  });

  it("lets each of two that have had one name from of old be changed, under that name or another", async () => {
    const { organisationId } = await createTenant(store());
    const { administration } = store();
    const raw = await opened().raw?.();
    if (raw === undefined) return;
    const [first, second] = ["Entra", "Ping"].map((name) => connection({ organisationId, name }));
    const [sales, desk] = ["Sales", "Desk"].map((name) => ruleOf(organisationId, name));
    for (const each of [first!, second!]) await administration.createConnection(each);
    for (const each of [sales!, desk!]) await administration.saveRule(each);
    await raw.run("UPDATE connections SET name = 'Entra' WHERE id = ?", [second!.id]);
    await raw.run("UPDATE rules SET name = 'Sales' WHERE id = ?", [desk!.id]);
    await raw.close();

    const twin = { ...second!, name: "Entra", enabled: false, version: 2 };
    await administration.updateConnection(twin, 1);
    await administration.updateConnection({ ...first!, name: "Okta", version: 2 }, 1);
    await administration.saveRule({ ...desk!, name: "Sales", gives: { teams: ["b"] } });
    await administration.saveRule({ ...sales!, name: "Field" });
    const rules = await administration.listRules(organisationId);
    expect(rules.map(({ name }) => name).sort()).toEqual(["Field", "Sales"]);
    expect(await administration.findConnection(twin.id)).toMatchObject({ enabled: false });
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

function ruleOf(organisationId: string, name: string): MappingRule {
  return {
    ...{ id: systemIds.next(), organisationId, name, connectionId: null, createdAt: AT },
    match: { type: "everyone" },
    gives: { teams: ["a"] },
  };
}
