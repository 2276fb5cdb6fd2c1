import { afterAll, beforeAll, expect, it } from "@jest/globals";
import {
  askToken,
  assertionForm,
  AUDIENCE,
  expectAccess,
  newClient,
  secretForm,
  SUBJECT,
  trust,
} from "../dialects/access.js";
import {
  addUser,
  dialectWorld,
  ENTERPRISE,
  GROUP,
  MANAGER,
  path,
  user,
  USER,
} from "../dialects/world.js";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import { onEachDatabase } from "../e2e/databases.js";
import { startIssuer, type TestIssuer } from "../support/issuer.js";
import { patchOp } from "../support/patchOp.js";

/**
 * The direct tests of Microsoft's gallery validation (template of August 2026, test numbers as in its overview), told
 * again as our own: they need Azure there and nothing here.
 */

/** The target attributes of Entra's default mapping, as the validation writes them. */
const MAPPED = [
  "userName",
  "active",
  "displayName",
  "title",
  "preferredLanguage",
  "name.givenName",
  "name.familyName",
  "name.formatted",
  "externalId",
  'emails[type eq "work"].value',
  'addresses[type eq "work"].formatted',
  'addresses[type eq "work"].streetAddress',
  'addresses[type eq "work"].locality',
  'addresses[type eq "work"].region',
  'addresses[type eq "work"].postalCode',
  'addresses[type eq "work"].country',
  'phoneNumbers[type eq "work"].value',
  'phoneNumbers[type eq "mobile"].value',
  'phoneNumbers[type eq "fax"].value',
  'roles[primary eq "True"].value',
  `${ENTERPRISE}:employeeNumber`,
  `${ENTERPRISE}:department`,
  MANAGER,
];

const MAPPED_OF_GROUPS = ["displayName", "externalId", "members"];

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly multiValued: boolean;
  readonly canonicalValues?: readonly string[];
  readonly subAttributes?: readonly Listed[];
}

/** /Schemas -> names, by the rules of the validation: typed lists by type, others by primary, extensions by URN. */
function namesIn(id: string, attributes: readonly Listed[]): string[] {
  const prefix = id === USER || id === GROUP ? "" : `${id}:`;
  return attributes.flatMap((each) => namesOf(each).map((name) => `${prefix}${name}`));
}

function namesOf({ name, type, multiValued, subAttributes = [] }: Listed): string[] {
  if (name === "manager" || name === "members") return [name];
  if (subAttributes.length === 0) return type === "reference" ? [] : [name];
  const parts = subAttributes.filter((sub) => sub.type !== "reference").map((sub) => sub.name);
  if (!multiValued) return parts.map((part) => `${name}.${part}`);
  const types = subAttributes.find((sub) => sub.name === "type")?.canonicalValues ?? [];
  return types.length === 0
    ? parts.map((part) => `${name}[primary eq "True"].${part}`)
    : types.flatMap((each) => parts.map((part) => `${name}[type eq "${each}"].${part}`));
}

onEachDatabase("Entra's gallery validation", (freshDatabaseUrl) => {
  const world = dialectWorld("entra", freshDatabaseUrl);

  let issuer: TestIssuer;

  beforeAll(async () => {
    const now = () => Date.now();
    issuer = await startIssuer({ subject: SUBJECT, audience: AUDIENCE, now });
  });
  afterAll(() => issuer.close());

  const change = (id: string, ...operations: object[]) =>
    world.idp.scim("PATCH", `/Users/${id}`, patchOp(...operations));
  const accepted = [200, 204];

  it("15 Schema_Discoverability: every mapped attribute can be derived from /Schemas", async () => {
    const { status, body } = await world.idp.scim("GET", "/Schemas");
    const known = new Set(
      body.Resources.flatMap(({ id, attributes }: { id: string; attributes: Listed[] }) =>
        namesIn(id, attributes),
      ).map((name: string) => name.toLowerCase()),
    );

    expect(status).toBe(200);
    expect(body.Resources.map(({ id }: { id: string }) => id)).toContain(GROUP);
    expect(
      [...MAPPED, ...MAPPED_OF_GROUPS].filter((name) => !known.has(name.toLowerCase())),
    ).toEqual([]);
  });

  it.each([true, false])(
    "16 SCIM_Null_Update: empty strings, then nulls, leave every attribute empty (one operation each: %s)",
    async (isVerbose) => {
      const cleared = MAPPED.filter((name) => !["userName", "active", MANAGER].includes(name));
      const id = await addUser(world.idp, {
        displayName: "Zoë",
        title: "Agent",
        preferredLanguage: "de",
        externalId: "o-1",
        name: { givenName: "Zoë", familyName: "Müller", formatted: "Zoë Müller" },
        emails: [{ type: "work", value: "z@acorn.example" }],
        phoneNumbers: [
          { type: "work", value: "1" },
          { type: "mobile", value: "2" },
        ],
        addresses: [{ type: "work", locality: "Ulm", country: "DE" }],
        roles: [{ value: "Agent", primary: true }],
        [ENTERPRISE]: { employeeNumber: "7", department: "Support" },
      });
      const clear = (value: "" | null) =>
        isVerbose
          ? change(id, ...cleared.map((name) => ({ op: "replace", path: name, value })))
          : change(id, {
              op: "replace",
              value: Object.fromEntries(cleared.map((name) => [name, value])),
            });

      for (const value of ["", null] as const) {
        expect(accepted).toContain((await clear(value)).status);
        const { meta, id: _id, userName, active, ...others } = await user(world.idp, id);
        const { schemas, [SEAT_URN]: _seats, ...rest } = others;
        expect([meta.resourceType, schemas, active]).toEqual(["User", [USER, SEAT_URN], true]);
        expect([userName.length > 0, rest]).toEqual([true, {}]);
      }
    },
  );

  it("17 SCIM_User_Create: a new user has an id and the name as it was sent", async () => {
    const userName = "Zoe.Mueller-7@Acorn.Example";
    const { status, body } = await world.idp.scim("POST", "/Users", {
      schemas: [USER, ENTERPRISE],
      userName,
      active: true,
    });

    expect([status, body.userName, body.id.length > 0]).toEqual([201, userName, true]);
  });

  it("18 SCIM_User_Update: each changed attribute is read back", async () => {
    const id = await addUser(world.idp);
    const values: Record<string, string> = {
      displayName: "Zoë M",
      title: "Agent",
      preferredLanguage: "de",
      externalId: "o-2",
      "name.givenName": "Zoë",
      [`${ENTERPRISE}:department`]: "Support",
    };

    const operations = Object.entries(values).map(([name, value]) => ({
      op: "replace",
      path: name,
      value,
    }));
    expect(accepted).toContain((await change(id, ...operations)).status);

    const read = await user(world.idp, id);
    expect(read).toMatchObject({
      displayName: "Zoë M",
      title: "Agent",
      preferredLanguage: "de",
      externalId: "o-2",
      name: { givenName: "Zoë" },
      [ENTERPRISE]: { department: "Support" },
    });
  });

  it("19 and 20 SCIM_Group_Create, SCIM_Group_Update: name and externalId are read back", async () => {
    const displayName = "Süd / Ost";
    const made = await world.idp.scim("POST", "/Groups", { schemas: [GROUP], displayName });
    expect([made.status, made.body.displayName, made.body.id.length > 0]).toEqual([
      201,
      displayName,
      true,
    ]);

    const changed = await world.idp.scim(
      "PATCH",
      `/Groups/${made.body.id}`,
      patchOp(
        { op: "replace", path: "displayName", value: "Nord" },
        { op: "replace", path: "externalId", value: "g-1" },
      ),
    );
    expect(accepted).toContain(changed.status);
    const read = await world.idp.scim("GET", `/Groups/${made.body.id}`);
    expect(read.body).toMatchObject({ displayName: "Nord", externalId: "g-1" });
  });

  it("21 Validate_Credentials: client credentials give a token for 60 to 360 minutes that opens SCIM", async () => {
    const client = await newClient(world);

    await expectAccess(world, await askToken(world, secretForm(client)));
  });

  it("22 Federated_Identity: Entra's own token is exchanged for one that opens SCIM", async () => {
    await trust(world, issuer);

    await expectAccess(world, await askToken(world, assertionForm(await issuer.sign())));
  });

  it.each([
    ["23 SCIM_User_Pagination", "/Users"],
    ["24 SCIM_Group_Pagination", "/Groups"],
  ])("%s: pages of five of eleven echo where they begin", async (_title, base) => {
    for (let made = 0; made < 11; made += 1) {
      const name = `n-${made}`;
      const body = base === "/Users" ? { userName: name } : { displayName: name };
      expect((await world.idp.scim("POST", base, body)).status).toBe(201);
    }

    const seen = new Set<string>();
    for (let page = 0; page * 5 < 11; page += 1) {
      const startIndex = page * 5 + 1;
      const query = { startIndex: String(startIndex), count: "5" };
      const { status, body } = await world.idp.scim("GET", path(base, query));
      expect([status, body.startIndex]).toEqual([200, startIndex]);
      for (const { id } of body.Resources) seen.add(id);
    }
    expect(seen.size).toBe(11);
  });

  it("25 SCIM_Update_Manager: set, changed and removed", async () => {
    const [one, two, id] = [
      await addUser(world.idp),
      await addUser(world.idp),
      await addUser(world.idp),
    ];
    const manager = async () => (await user(world.idp, id))[ENTERPRISE]?.manager?.value ?? null;

    const steps = [
      [{ op: "Add", path: MANAGER, value: one }, one],
      [{ op: "Replace", path: MANAGER, value: two }, two],
      [{ op: "Replace", path: MANAGER, value: "" }, null],
    ] as const;
    for (const [operation, expected] of steps) {
      expect(accepted).toContain((await change(id, operation)).status);
      expect(await manager()).toBe(expected);
    }
  });
});
