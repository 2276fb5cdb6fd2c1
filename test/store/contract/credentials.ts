import { expect, it } from "@jest/globals";
import type { ApiToken } from "../../../src/domain/directory.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant, nextName } from "../support/tenant.js";

export function credentialContract({ store, opened }: Subject): void {
  async function createToken(): Promise<ApiToken> {
    const { organisationId, connectionId } = await createTenant(store());
    const token: ApiToken = {
      publicId: systemIds.next(),
      kind: "scim",
      organisationId,
      connectionId,
      hash: nextName("hash"),
      label: "idp",
      createdAt: AT,
      expiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
    };
    await store().administration.createToken(token);
    return token;
  }

  it("does not remember that a token or a connection was missing", async () => {
    const { credentials, administration } = store();
    const { organisationId } = await createTenant(store());
    const later = connection({ organisationId });
    expect(await credentials.findConnection(later.id)).toBeNull();
    await administration.createConnection(later);
    expect(await credentials.findConnection(later.id)).toEqual(later);
  });

  it("knows a token as revoked at once on the node that revoked it", async () => {
    const { credentials, administration } = store();
    const { publicId, organisationId } = await createToken();
    expect(await credentials.findToken(publicId)).toMatchObject({ revokedAt: null });
    const asked = credentials.findToken(publicId);
    await administration.revokeToken(organisationId, publicId, AT);
    await asked;
    expect(await credentials.findToken(publicId)).toMatchObject({ revokedAt: AT });
  });

  it("knows a connection as disabled at once on the node that disabled it", async () => {
    const { credentials, administration } = store();
    const { organisationId } = await createTenant(store());
    const made = connection({ organisationId });
    await administration.createConnection(made);
    expect(await credentials.findConnection(made.id)).toMatchObject({ enabled: true });
    await administration.updateConnection({ ...made, enabled: false, version: 2 }, 1);
    expect(await credentials.findConnection(made.id)).toMatchObject({ enabled: false });
  });

  it("knows within a second what another node has revoked or disabled", async () => {
    const { another } = opened();
    // A database in memory has one node only.
    if (another === null) return;
    const node = await another();
    try {
      const token = await createToken();
      const { organisationId } = await createTenant(store());
      const made = connection({ organisationId });
      await store().administration.createConnection(made);
      await node.credentials.findToken(token.publicId);
      await node.credentials.findConnection(made.id);

      await store().administration.revokeToken(token.organisationId, token.publicId, AT);
      await store().administration.updateConnection({ ...made, enabled: false, version: 2 }, 1);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await node.credentials.findToken(token.publicId)).toMatchObject({ revokedAt: AT });
      expect(await node.credentials.findConnection(made.id)).toMatchObject({ enabled: false });
    } finally {
      await node.close();
    }
  });
}
