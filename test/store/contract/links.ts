import { expect, it } from "@jest/globals";
import type { Connection, User } from "../../../src/domain/directory.js";
import { withSaml } from "../../../src/domain/signIn/provider.js";
import { noChanges } from "../../../src/domain/snapshot.js";
import type { Store } from "../../../src/ports.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant, samlOf, type Tenant } from "../support/tenant.js";

/** Which links between NameIDs and accounts outlive a provider, and a deletion. */

type Tables = Pick<Store, "administration" | "write">;

/** @returns the connection as the store knows it afterwards */
async function bind(
  { administration }: Tables,
  id: string,
  provider: string | null,
): Promise<Connection> {
  const before = (await administration.findConnection(id))!;
  const after = withSaml(before, provider === null ? null : samlOf(provider));
  await administration.updateConnection({ ...after, version: before.version + 1 }, before.version);
  return (await administration.findConnection(id))!;
}

async function linked(store: Tables, organisationId: string, id: string): Promise<string[]> {
  const names = ["ann", "bob", "eve"].map((nameId) => ({ connectionId: id, nameId }));
  const { identities } = await store.write(organisationId, (tx) => tx.load({ identities: names }));
  return [...identities.keys()].map((key) => key.slice(id.length + 1)).sort();
}

async function restore(store: Tables, { organisationId }: Tenant, users: readonly User[]) {
  const peopleRestored = users.map((user) => ({ user, withIdentities: true }));
  await store.write(organisationId, async (tx) => {
    await tx.load({ removed: users.map(({ id }) => id) });
    await tx.save({ ...noChanges(), peopleRestored });
  });
}

export function linkContract({ store }: Subject): void {
  /** A connection of the provider "one" that knows ann, and another that knows eve. */
  async function withPeople() {
    const tenant = await createTenant(store());
    const { organisationId } = tenant;
    const [own, other] = [{}, {}].map(() => connection({ organisationId, saml: samlOf("one") }));
    for (const each of [own!, other!]) await store().administration.createConnection(each);
    const ids = { own: own!.id, other: other!.id };
    const ann = tenant.user({ connectionId: ids.own });
    const eve = tenant.user({ connectionId: ids.other });
    await tenant.save({
      usersInserted: [ann, eve],
      identitiesInserted: [
        { connectionId: ids.own, nameId: "ann", userId: ann.id },
        { connectionId: ids.other, nameId: "eve", userId: eve.id },
      ],
    });
    const remove = (...users: User[]) =>
      tenant.save({
        usersDeleted: users.map(({ id }) => id),
        peopleRemoved: users.map((user) => ({ user, byHand: [], removedAt: AT })),
      });
    return { ...{ tenant, organisationId, ann, eve, remove }, ...ids };
  }

  it("remembers the provider of a connection whose SAML has ended, for as long as it has none", async () => {
    const { own } = await withPeople();

    expect(await bind(store(), own, null)).toMatchObject({ saml: null, lastProvider: "one" });
    expect(await bind(store(), own, null)).toMatchObject({ saml: null, lastProvider: "one" });
    expect(await bind(store(), own, "two")).not.toHaveProperty("lastProvider");
    expect(await bind(store(), own, null)).toMatchObject({ lastProvider: "two" });
  });

  it.each<[title: string, providers: (string | null)[], known: string[]]>([
    ["stay while SAML has ended", [null], ["ann"]],
    ["stay when the same one comes back", [null, "one"], ["ann"]],
    ["go when another one comes in its place", ["two"], []],
    ["go when another one comes after SAML had ended", [null, "two"], []],
    ["stay gone when the first one comes back", [null, "two", null, "one"], []],
  ])("links of a provider %s", async (_title, providers, known) => {
    const { own, other, organisationId } = await withPeople();

    for (const provider of providers) await bind(store(), own, provider);

    expect(await linked(store(), organisationId, own)).toEqual(known);
    expect(await linked(store(), organisationId, other)).toEqual(["eve"]);
  });

  it("links of nobody knows whom go when SAML is set", async () => {
    const { own, organisationId } = await withPeople();
    const before = (await store().administration.findConnection(own))!;
    const unbound = { ...before, saml: null, version: 2 };
    await store().administration.updateConnection(unbound, 1);

    await bind(store(), own, "one");

    expect(await linked(store(), organisationId, own)).toEqual([]);
  });

  it.each<
    [title: string, meanwhile: (own: string, tenant: Tenant) => Promise<unknown>, known: string[]]
  >([
    ["come back", () => Promise.resolve(), ["ann"]],
    [
      "come back when SAML had ended for a while",
      async (own) => {
        await bind(store(), own, null);
        await bind(store(), own, "one");
      },
      ["ann"],
    ],
    [
      "come back when one person's were forgotten",
      (own, tenant) => forget(tenant, own, tenant.user().id),
      ["ann"],
    ],
    ["stay gone when all were forgotten", (own, tenant) => forget(tenant, own), []],
    ["stay gone when the provider was replaced", (own) => bind(store(), own, "two"), []],
    [
      "stay gone when it was replaced after SAML had ended",
      async (own) => {
        await bind(store(), own, null);
        await bind(store(), own, "two");
      },
      [],
    ],
    [
      "stay gone when it was replaced and came back",
      async (own) => {
        await bind(store(), own, "two");
        await bind(store(), own, "one");
      },
      [],
    ],
  ])(
    "links of deleted people %s, and those of another connection come back",
    async (_title, meanwhile, known) => {
      const { tenant, organisationId, ann, eve, own, other, remove } = await withPeople();
      await remove(ann, eve);
      await meanwhile(own, tenant);
      expect(await linked(store(), organisationId, own)).toEqual([]);

      await restore(store(), tenant, [ann, eve]);

      expect(await linked(store(), organisationId, own)).toEqual(known);
      expect(await linked(store(), organisationId, other)).toEqual(["eve"]);
    },
  );

  function forget({ organisationId }: Tenant, connectionId: string, userId?: string) {
    const which = { connectionId, ...(userId === undefined ? {} : { userId }) };
    return store().administration.forgetIdentities(organisationId, which);
  }

  it("somebody who comes back twice keeps what was linked after the links were forgotten", async () => {
    const { tenant, organisationId, ann, own, remove } = await withPeople();
    await remove(ann);
    await bind(store(), own, "two");
    await restore(store(), tenant, [ann]);
    await tenant.save({
      identitiesInserted: [{ connectionId: own, nameId: "bob", userId: ann.id }],
    });
    await remove(ann);

    await restore(store(), tenant, [ann]);

    expect(await linked(store(), organisationId, own)).toEqual(["bob"]);
  });

  it("a copy knows what was forgotten, and of which provider a connection was", async () => {
    const { tenant, organisationId, ann, eve, own, other, remove } = await withPeople();
    await remove(ann, eve);
    await bind(store(), own, "two");
    await bind(store(), own, null);

    const copy = await store().copyOf(organisationId, { clock: { now: () => AT }, rowsMax: 100 });
    const [found] = (await copy.administration.listConnections(organisationId)).filter(
      ({ id }) => id === own,
    );
    expect(found).toMatchObject({ saml: null, lastProvider: "two" });
    await restore(copy, tenant, [ann, eve]);
    expect(await linked(copy, organisationId, own)).toEqual([]);
    expect(await linked(copy, organisationId, other)).toEqual(["eve"]);
    await copy.close();
  });

  it("erasing somebody who is kept aside leaves no link to bring back", async () => {
    const { tenant, organisationId, ann, own, remove } = await withPeople();
    await remove(ann);
    await tenant.save({ peopleErased: [{ userId: ann.id, userName: ann.userName }] });

    await expect(restore(store(), tenant, [ann])).rejects.toThrow();

    expect(await linked(store(), organisationId, own)).toEqual([]);
  });
}
