import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { foldName } from "../../../src/domain/directory.js";
import type { JsonObject } from "../../../src/plugin.js";
import { LIMITS } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { createTenant, type Tenant } from "../support/tenant.js";

/** Names that some database or collation takes for the same although they are not. */
const DIFFERENT = [
  "a",
  "a ",
  " a",
  "a  ",
  "á",
  "a\u200d",
  "æ",
  "ae",
  "ß",
  "ss",
  "ı",
  "i",
  "i\u0307",
  "😀",
  "😁",
  "1",
  "1.0",
  "01",
  "null",
  "ﬀ",
  "ff",
  "%",
  "_",
  "\\",
  "'",
  '"',
  "$1",
  "?",
  ":a",
  "--",
];

export function textContract({ store, cases }: Subject): void {
  it("tells names apart that only look alike", async () => {
    const tenant = await createTenant(store());
    const users = DIFFERENT.map((userName) => tenant.user({ userName }));
    await tenant.save({ usersInserted: users });
    const { userNames } = await tenant.load({ userNames: DIFFERENT.map(foldName) });
    expect(new Map(userNames)).toEqual(
      new Map(users.map((user) => [foldName(user.userName), user.id])),
    );
    for (const user of users) {
      expect(await store().insights.userByName(tenant.organisationId, user.userName)).toEqual(user);
    }
  });

  it("compares externalId exactly", async () => {
    const tenant = await createTenant(store());
    const users = ["Ab", "ab", "AB", "ab ", "áb"].map((externalId) => tenant.user({ externalId }));
    await tenant.save({ usersInserted: users });
    for (const user of users) {
      const { items } = await store().directory.listUsers(tenant.scope, {
        startIndex: 1,
        count: 9,
        filter: {
          kind: "compare",
          operator: "eq",
          value: user.externalId,
          attribute: { names: ["externalId"], type: "string", caseExact: true },
        },
      });
      expect(items).toEqual([user]);
    }
  });

  it("gives documents back as JSON would, whatever is in them", async () => {
    const tenant = await createTenant(store());
    await fc.assert(
      fc.asyncProperty(fc.array(documents(), { minLength: 1, maxLength: 8 }), async (list) => {
        const users = list.map((document) => tenant.user({ document: document as JsonObject }));
        await tenant.save({ usersInserted: users });
        const stored = await tenant.load({ users: users.map((user) => user.id) });
        for (const user of users) {
          const read = stored.users.get(user.id)?.user.document;
          expect(JSON.stringify(read)).toBe(JSON.stringify(user.document));
        }
      }),
      { numRuns: cases(40) },
    );
  });

  it.each<[string, (tenant: Tenant, value: string) => Promise<void>, number]>([
    [
      "userName",
      (tenant, userName) => tenant.save({ usersInserted: [tenant.user({ userName })] }),
      LIMITS.userName,
    ],
    [
      "displayName",
      (tenant, displayName) => tenant.save({ usersInserted: [tenant.user({ displayName })] }),
      LIMITS.displayName,
    ],
    [
      "externalId",
      (tenant, externalId) => tenant.save({ usersInserted: [tenant.user({ externalId })] }),
      LIMITS.externalId,
    ],
    [
      "displayName",
      (tenant, displayName) => tenant.save({ groupsInserted: [tenant.group({ displayName })] }),
      LIMITS.displayName,
    ],
    [
      "emails.value",
      (tenant, value) =>
        tenant.save({ usersInserted: [tenant.user({ document: { emails: [{ value }] } })] }),
      LIMITS.email,
    ],
  ])(
    "stores a %s of the greatest length and refuses a longer one by name",
    async (field, save, max) => {
      const tenant = await createTenant(store());
      await save(tenant, "x".repeat(max));
      await save(tenant, "😀".repeat(max / 2));
      await expect(save(tenant, "y".repeat(max + 1))).rejects.toMatchObject({
        code: "InvalidValue",
        field,
      });
    },
  );

  it("refuses text that grows beyond its column by folding", async () => {
    const tenant = await createTenant(store());
    const userName = "\u0390".normalize("NFC").repeat(LIMITS.userName);
    await tenant.save({ usersInserted: [tenant.user({ userName })] });
    const longer = "\u1d160".repeat(1) + "\ufb2c".repeat(LIMITS.userName - 2);
    await expect(
      tenant.save({ usersInserted: [tenant.user({ userName: longer })] }),
    ).rejects.toMatchObject({
      code: "InvalidValue",
      field: "userName",
    });
  });

  it.each(["a\ud800", "\udc00a", "a\0b"])(
    "refuses %j as a name: it has no stored form",
    async (userName) => {
      const tenant = await createTenant(store());
      await expect(
        tenant.save({ usersInserted: [tenant.user({ userName })] }),
      ).rejects.toMatchObject({
        code: "InvalidValue",
        field: "userName",
      });
    },
  );

  it("refuses a document that is too large, and stores a large one", async () => {
    const tenant = await createTenant(store());
    const large = tenant.user({ document: { title: "😀".repeat(200_000) } });
    await tenant.save({ usersInserted: [large] });
    expect(await store().directory.findUser(tenant.scope, large.id)).toEqual(large);
    const tooLarge = tenant.user({ document: { title: "x".repeat(LIMITS.documentCharacters) } });
    await expect(tenant.save({ usersInserted: [tooLarge] })).rejects.toMatchObject({
      code: "InvalidValue",
      field: "document",
    });
  });
}

/** JSON objects with the things that stores like to lose: half surrogates, -0, huge numbers, odd and many keys. */
function documents(): fc.Arbitrary<unknown> {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "\ud800",
      "\udfff",
      "\0",
      "\u2028",
      "😀",
      "e\u0301",
      "\\u0041",
      "'\"`",
      "${x}",
      " ",
    ),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(text, tie("json"), { maxKeys: 4 }),
    ),
  }));
  return fc.dictionary(text, json, { maxKeys: 8 });
}
