import { expect, it } from "@jest/globals";
import type { AccessToken, Client, ClientSecret } from "../../../src/domain/signIn/clients.js";
import type { Store } from "../../../src/ports.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

const TRUST = { issuer: "https://idp", subject: "s", audience: "a", jwksUrl: "https://idp/keys" };

export function clientContract({ store }: Subject): void {
  it("keeps a client with its secrets, in its own organisation", async () => {
    const { client, secret } = await created(store());
    const foreign = await createTenant(store());
    const { clients } = store();
    const stored = { client, secrets: [secret] };

    expect(await clients.findClient(client.organisationId, client.id)).toEqual(stored);
    expect(await clients.listClients(client.organisationId)).toEqual([stored]);
    expect(await clients.findClient(foreign.organisationId, client.id)).toBeNull();
    expect(await clients.listClients(foreign.organisationId)).toEqual([]);
    expect(await clients.revokeClient(foreign.organisationId, client.id, AT)).toBe(false);
    const { publicId } = secret;
    expect(await clients.revokeSecret(foreign.organisationId, client.id, publicId, AT)).toBe(false);
    expect(await clients.findClient(client.organisationId, client.id)).toEqual(stored);
  });

  it("finds a secret only at its own client and connection, while none of the three has ended", async () => {
    const { client, secret } = await created(store());
    const other = await created(store());
    const { clients, administration } = store();
    const where = {
      connectionId: client.connectionId,
      clientId: client.id,
      publicId: secret.publicId,
    };
    const found = {
      ...where,
      organisationId: client.organisationId,
      hash: secret.hash,
      expiresAt: null,
    };

    expect(await clients.findSecret(where)).toEqual(found);
    for (const wrong of [
      { connectionId: other.client.connectionId },
      { clientId: other.client.id },
      { publicId: other.secret.publicId },
      { clientId: client.id.toUpperCase() },
      { publicId: "" },
    ]) {
      expect(await clients.findSecret({ ...where, ...wrong })).toBeNull();
    }
    const connection = (await administration.findConnection(client.connectionId))!;
    const changed = { ...connection, version: connection.version + 1 };
    await administration.updateConnection({ ...changed, enabled: false }, connection.version);
    expect(await clients.findSecret(where)).toBeNull();
    await administration.updateConnection(
      { ...changed, version: changed.version + 1 },
      changed.version,
    );
    expect(await clients.findSecret(where)).toEqual(found);
    expect(await clients.revokeClient(client.organisationId, client.id, AT)).toBe(true);
    expect(await clients.findSecret(where)).toBeNull();
  });

  it("ends the earlier secrets when another is added, none of them later than it would have", async () => {
    const { client, secret } = await created(store());
    const { clients } = store();
    const add = async (othersEndAt: number) => {
      const next = secretOf(client);
      await clients.addSecret(client.organisationId, next, othersEndAt);
      return next;
    };
    const second = await add(AT + 100);
    const third = await add(AT + 200);

    const { secrets } = (await clients.findClient(client.organisationId, client.id))!;
    const ends = new Map(secrets.map(({ publicId, expiresAt }) => [publicId, expiresAt]));
    expect(ends.get(secret.publicId)).toBe(AT + 100);
    expect(ends.get(second.publicId)).toBe(AT + 200);
    expect(ends.get(third.publicId)).toBeNull();
  });

  it("finds an access token as long as neither its client nor its secret is revoked", async () => {
    const { client, secret } = await created(store());
    const { clients } = store();
    const bySecret = accessOf(client, secret.publicId);
    const byAssertion = accessOf(client, null);
    await clients.createAccessToken(bySecret);
    await clients.createAccessToken(byAssertion);
    const seen = async () =>
      (
        await Promise.all([bySecret, byAssertion].map((t) => clients.findAccessToken(t.publicId)))
      ).map((token) => token !== null);

    expect(await clients.findAccessToken(bySecret.publicId)).toMatchObject({
      kind: "scim",
      connectionId: client.connectionId,
      hash: bySecret.hash,
      expiresAt: bySecret.expiresAt,
    });
    const stored = (await clients.findClient(client.organisationId, client.id))!;
    expect(stored.secrets[0]?.lastUsedAt).toBe(AT);
    expect(await seen()).toEqual([true, true]);
    await clients.revokeSecret(client.organisationId, client.id, secret.publicId, AT);
    expect(await seen()).toEqual([false, true]);
    await clients.revokeClient(client.organisationId, client.id, AT);
    expect(await seen()).toEqual([false, false]);
  });

  it("lets one issuer vouch for a connection: a second takes the first one's place", async () => {
    const tenant = await createTenant(store());
    const { clients } = store();
    const first = clientOf(tenant, TRUST);
    const second = clientOf(tenant, { ...TRUST, subject: "other" });
    await clients.createClient(first, null);
    expect(await clients.findTrusting(tenant.connectionId)).toEqual(first);
    await clients.createClient(second, null);
    expect(await clients.findTrusting(tenant.connectionId)).toEqual(second);
    await clients.revokeClient(tenant.organisationId, second.id, AT);
    expect(await clients.findTrusting(tenant.connectionId)).toBeNull();
  });

  it("takes the id of an assertion once, also when two nodes see it at the same time", async () => {
    const { client } = await created(store());
    const { clients } = store();
    const id = systemIds.next();
    const use = (assertionId: string) => clients.useAssertion(client.id, assertionId, AT + 1_000);

    const verdicts = await Promise.all([use(id), use(id), use(id)]);
    expect(verdicts.filter(Boolean)).toHaveLength(1);
    expect(await use(`${id} `)).toBe(true);
    expect(await use("x".repeat(10_000))).toBe(true);
  });

  it("forgets access tokens an hour after they ended", async () => {
    const { client } = await created(store());
    const { clients } = store();
    const token = accessOf(client, null);
    await clients.createAccessToken(token);
    await store().organisationsWithWork(token.expiresAt + 10 * 86_400_000);
    expect(await clients.findAccessToken(token.publicId)).toBeNull();
  });
}

async function created(store: Store): Promise<{ client: Client; secret: ClientSecret }> {
  const client = clientOf(await createTenant(store), null);
  const secret = secretOf(client);
  await store.clients.createClient(client, secret);
  return { client, secret };
}

function clientOf(
  { organisationId, connectionId }: { organisationId: string; connectionId: string },
  trust: Client["trust"],
): Client {
  const id = systemIds.next();
  return {
    id,
    organisationId,
    connectionId,
    label: "Entra",
    trust,
    createdAt: AT,
    revokedAt: null,
  };
}

function secretOf({ id }: Client): ClientSecret {
  return {
    publicId: `s${systemIds.next()}`,
    clientId: id,
    hash: systemIds.secret(32),
    createdAt: AT,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  };
}

function accessOf(
  { id, organisationId, connectionId }: Client,
  secretId: string | null,
): AccessToken {
  return {
    publicId: `a${systemIds.next()}`,
    organisationId,
    connectionId,
    clientId: id,
    secretId,
    hash: systemIds.secret(32),
    createdAt: AT,
    expiresAt: AT + 3_600_000,
  };
}
