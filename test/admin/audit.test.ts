import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { setTimeout as wait } from "node:timers/promises";
import { issueToken } from "../../src/actions/administer.js";
import { listAddresses } from "../../src/admin/router.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { dumpDatabase } from "../support/dump.js";
import { enter } from "../support/samlDoor.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  send,
  startTestServer,
  temporaryFolder,
  type Answer,
  type TestServer,
} from "../support/server.js";

/**
 * Every address of the admin API that changes something: while no entry can be written, it changes nothing either; and when
 * one can, there is one. So the entry and the change are one transaction.
 */
const folder = temporaryFolder();
const url = `sqlite:${folder.path}/audit.sqlite`;
let server: TestServer;
let operator: string;
let own: string;

beforeAll(async () => {
  const txtRecords = () =>
    Promise.resolve([(known["record"] as unknown as { value: string }).value]);
  server = await startTestServer({ database: { url } }, { txtRecords });
  const acorn = await server.organisation("acorn");
  await acorn.connection("generic", { name: "first" });
  const { connection } = await acorn.connection("okta", { name: "second" });
  await acorn.pool({ name: "desk", capacity: 50 });
  await acorn.pool({ name: "floating", product: "support", kind: "concurrent", capacity: 5 });
  known["second"] = connection.id;
  const provider = await createTestIdp();
  const idp = await acorn.connection("generic", {
    ...{ name: "people", saml: { ...byHand(provider), justInTime: "link" } },
  });
  known["people"] = idp.connection.id;
  for (const userName of ["ann", "ben", "cleo"]) await idp.scim("POST", "/Users", { userName });
  for (const nameId of ["ann", "ben"]) await enter(server, idp.connection.id, provider, { nameId });
  const { body } = await acorn.api("GET", "/sessions");
  known["session"] = body.items[0].id;
  const issue = async (organisationId: string | null) =>
    (
      await issueToken(server.app.administer, {
        kind: "api",
        organisationId,
        connectionId: null,
        label: "x",
      })
    ).token;
  [operator, own] = [await issue(null), await issue(acorn.organisation.id)];
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

function byHand({ entityId: idpEntityId, certificate }: TestIdp) {
  return { idpEntityId, ssoUrl: "https://idp.example.com/sso", certificates: [certificate] };
}

/** Ids by the name that a step gave them. */
const known: Record<string, string> = {};

interface Step {
  readonly address: string;
  /** What stands for the parts of the address, and what is sent; `$name` is an id that is known by then. */
  readonly at?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Values of the answer, to be known under this name. */
  readonly keep?: Readonly<Record<string, string>>;
  readonly asOwn?: boolean;
}

const ORG = "/organisations/:org";
const CONNECTION = `${ORG}/connections/:connection`;
const CLIENT = `${CONNECTION}/clients/:client`;
const PURCHASE = `${ORG}/purchases/:purchase`;
const made = { connection: "$made" };
const client = { ...made, client: "$client" };
const purchase = { purchase: "$purchase" };
const rule = {
  name: "leads",
  match: { type: "groupName", name: "Leads" },
  gives: { roles: ["team-leader"] },
};
const trust = {
  issuer: "https://idp.example",
  subject: "seatkeeper",
  audience: "https://seats.example",
  jwksUrl: "https://idp.example/keys",
};
const team = { kind: "team", name: "Support" };

// prettier-ignore
const STEPS: readonly Step[] = [
  { address: "POST /organisations", body: { slug: "beech", name: "Beech" } },
  { address: `POST ${ORG}/connections`, body: { name: "made", plugin: "okta" }, keep: { made: "id" } },
  { address: `PATCH ${CONNECTION}`, at: made, body: { name: "renamed" } },
  { address: `POST ${CONNECTION}/tokens`, at: made, body: { label: "x" }, keep: { scim: "publicId" } },
  { address: `POST ${CONNECTION}/tokens/:token/rotate`, at: { ...made, token: "$scim" }, body: {}, keep: { scim2: "publicId" } },
  { address: `DELETE ${CONNECTION}/tokens/:token`, at: { ...made, token: "$scim2" } },
  { address: `POST ${CONNECTION}/clients`, at: made, body: { label: "x" }, keep: { client: "id" } },
  { address: `POST ${CLIENT}/secrets`, at: client, body: {}, keep: { secret: "publicId" } },
  { address: `DELETE ${CLIENT}/secrets/:secret`, at: { ...client, secret: "$secret" } },
  { address: `DELETE ${CLIENT}`, at: client },
  { address: `PUT ${CONNECTION}/trust`, at: made, body: trust },
  { address: `POST ${CONNECTION}/hand-overs`, at: { connection: "$people" }, body: { to: "$second", userNames: ["ann"] } },
  { address: `DELETE ${CONNECTION}/hand-overs`, at: { connection: "$people" } },
  { address: `POST ${ORG}/tokens`, body: { label: "x" }, keep: { api: "publicId" } },
  { address: `POST ${ORG}/tokens/:token/rotate`, at: { token: "$api" }, body: {}, keep: { api2: "publicId" } },
  { address: `DELETE ${ORG}/tokens/:token`, at: { token: "$api2" } },
  { address: `POST ${ORG}/principals`, body: { name: "robot", role: "viewer" }, keep: { principal: "id" } },
  { address: `PATCH ${ORG}/principals/:principal`, at: { principal: "$principal" }, body: { role: "licenceManager" } },
  { address: `DELETE ${ORG}/principals/:principal`, at: { principal: "$principal" } },
  { address: `POST ${ORG}/invitations`, body: { address: "new@acorn.example" }, keep: { invitation: "secret" } },
  { address: `POST ${ORG}/invitations/accept`, body: { secret: "$invitation", account: { userName: "new" } } },
  { address: `POST ${ORG}/invitations`, body: { address: "other@acorn.example" }, keep: { declined: "secret" } },
  { address: `POST ${ORG}/invitations/decline`, body: { secret: "$declined" } },
  { address: `POST ${ORG}/invitations`, body: { address: "third@acorn.example" }, keep: { open: "id" } },
  { address: `DELETE ${ORG}/invitations/:invitation`, at: { invitation: "$open" } },
  { address: `POST ${ORG}/purchases`, body: { pool: "desk", seats: 2 }, keep: { purchase: "id" }, asOwn: true },
  { address: `POST ${PURCHASE}/quote`, at: purchase, body: { amount: 100, currency: "EUR" }, keep: { version: "version" } },
  { address: `POST ${PURCHASE}/approve`, at: purchase, body: { version: "$version" }, asOwn: true },
  { address: `POST ${PURCHASE}/in-force`, at: purchase, body: {} },
  { address: `POST ${ORG}/purchases`, body: { pool: "desk", seats: 2 }, keep: { purchase: "id" }, asOwn: true },
  { address: `POST ${PURCHASE}/decline`, at: purchase, body: {} },
  { address: `POST ${ORG}/purchases`, body: { pool: "desk", seats: 2 }, keep: { purchase: "id" }, asOwn: true },
  { address: `POST ${PURCHASE}/withdraw`, at: purchase, body: {}, asOwn: true },
  { address: `POST ${ORG}/rules`, body: rule, keep: { rule: "id" } },
  { address: `PUT ${ORG}/rules/:rule`, at: { rule: "$rule" }, body: { ...rule, name: "all leads" } },
  { address: `DELETE ${ORG}/rules/:rule`, at: { rule: "$rule" } },
  { address: `POST ${ORG}/pools`, body: { name: "more", product: "support", tiers: ["professional"], kind: "locked", capacity: 3, policy: { undo: "ifFree" } } },
  { address: `PATCH ${ORG}/pools/:pool`, at: { pool: "more" }, body: { capacity: 4 } },
  { address: `POST ${ORG}/pools/:pool/contractions`, at: { pool: "more" }, body: { capacity: 2, at: "2099-01-01T00:00:00Z" }, keep: { contraction: "id" } },
  { address: `DELETE ${ORG}/pools/:pool/contractions/:contraction`, at: { pool: "more", contraction: "$contraction" } },
  { address: `POST ${ORG}/reclaims/exemptions`, body: { userName: "ann", reason: "on leave" }, keep: { exemption: "id" } },
  { address: `DELETE ${ORG}/reclaims/exemptions/:exemption`, at: { exemption: "$exemption" } },
  { address: `POST ${ORG}/users/:user/facts`, at: { user: "ann" }, body: team },
  { address: `DELETE ${ORG}/users/:user/facts`, at: { user: "ann" }, body: team },
  { address: `POST ${ORG}/users/:user/break-glass`, at: { user: "ann" }, body: { product: "support", reason: "drill", until: new Date(Date.now() + 3_600_000).toISOString() } },
  { address: `DELETE ${ORG}/users/:user/break-glass`, at: { user: "ann" }, body: { product: "support" } },
  { address: `PUT ${ORG}/users/:user/billing-mode`, at: { user: "ann" }, body: { product: "support", mode: "monthly" } },
  { address: `PATCH ${ORG}/brake`, body: { seats: 5 } },
  { address: `PUT ${ORG}/billing`, body: { timeZone: "Europe/Vienna" } },
  { address: `POST ${ORG}/plans`, body: { type: "pool", pool: "more", change: { capacity: 9 } }, keep: { plan: "id" } },
  { address: `POST ${ORG}/plans/:plan/apply`, at: { plan: "$plan" }, body: {} },
  { address: `PUT ${CONNECTION}/trace`, at: made, body: { minutes: 5 } },
  { address: `DELETE ${CONNECTION}/trace`, at: made },
  { address: `POST ${CONNECTION}/sign-in-tests`, at: { connection: "$people" }, body: {} },
  { address: `DELETE ${ORG}/sessions/:session`, at: { session: "$session" } },
  { address: `POST ${ORG}/sessions/revoke`, body: { everybody: true } },
  { address: `DELETE ${CONNECTION}/identities`, at: { connection: "$people" }, body: { everybody: true } },
  { address: `POST ${ORG}/domains`, body: { domain: "acorn.example" }, keep: { domain: "id", record: "record" } },
  { address: `PATCH ${ORG}/domains/:domain`, at: { domain: "$domain" }, body: { connection: "$second" } },
  { address: `POST ${ORG}/domains/:domain/verify`, at: { domain: "$domain" }, body: {} },
  { address: `DELETE ${ORG}/domains/:domain`, at: { domain: "$domain" } },
  { address: `DELETE ${ORG}/users/:user`, at: { user: "cleo" }, body: { userName: "cleo" } },
];

/** What changes nothing of the organisation, and what is told elsewhere. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  [`POST ${ORG}/preview`, "saves nothing"],
  [`POST ${ORG}/users/:user/preview`, "saves nothing"],
  [`POST ${ORG}/seats/ask`, "saves nothing"],
  [`POST ${CONNECTION}/log/replay`, "saves nothing"],
  [
    `POST ${ORG}/plans`,
    "keeps a proposal for some days; it changes nothing until it is applied, which is told",
  ],
  [`DELETE ${ORG}/plans/:plan`, "throws a proposal away that nobody has applied"],
  [
    `POST ${CONNECTION}/metadata/refresh`,
    "test/actions/metadata.test.ts: needs a provider that publishes",
  ],
  [`POST ${ORG}/seats/renew`, "use of a lease, no change of who has it"],
  [`POST ${ORG}/seats/acquire`, "seats.test.ts: the entry of the seat"],
  [`PUT ${ORG}/resources/:kind/:id`, "what the application tells of its own"],
  [`DELETE ${ORG}/resources/:kind/:id`, "what the application tells of its own"],
  [`POST ${ORG}/resources/:kind/:id/enable`, "what the application tells of its own"],
  [`POST ${ORG}/resources/:kind/:id/disable`, "what the application tells of its own"],
  [`POST ${ORG}/seats/release`, "seats.test.ts: the entry of the seat"],
  [`POST ${ORG}/reclaims/answer`, "reclaim.test.ts: needs weeks to pass"],
  [`POST ${ORG}/reclaims/undo`, "reclaim.test.ts: needs weeks to pass"],
  [`POST ${ORG}/brake/:loss/approve`, "test/domain/brake.test.ts: needs a mass loss"],
  [`POST ${ORG}/brake/:loss/reject`, "test/domain/brake.test.ts: needs a mass loss"],
]);

it("has a step for every address that changes something, and no other", () => {
  const changing = listAddresses().filter((address) => !address.startsWith("GET "));
  const tried = [...STEPS.map(({ address }) => address), ...OTHERS.keys()];

  expect([...new Set(tried)].toSorted()).toEqual(changing.toSorted());
});

it("changes nothing of which no entry can be written, and writes one of everything else", async () => {
  const wrong: string[] = [];
  for (const step of STEPS.filter(
    ({ address }) => !OTHERS.has(address) || address.endsWith("/plans"),
  )) {
    if (!OTHERS.has(step.address)) {
      await settled();
      const before = await state();
      await withTrigger(true);
      const refused = await perform(step);
      await withTrigger(false);
      if (refused.status < 500) {
        wrong.push(`${step.address}: ${String(refused.status)} without an entry`);
      }
      if ((await state()) !== before) {
        wrong.push(`${step.address}: changed something without an entry`);
      }
    }
    const entries = await countEntries();
    const done = await perform(step);
    if (done.status > 299) wrong.push(`${step.address}: ${JSON.stringify(done.body)}`);
    const isTold = OTHERS.has(step.address) || (await countEntries()) > entries;
    if (!isTold) wrong.push(`${step.address}: no entry`);
    for (const [name, field] of Object.entries(step.keep ?? {})) known[name] = done.body[field];
  }

  expect(wrong).toEqual([]);
}, 120_000);

function perform({ address, at = {}, body, asOwn = false }: Step): Promise<Answer> {
  const [method = "", path = ""] = address.split(" ");
  const parts: Record<string, string> = { org: "acorn", ...at };
  const filled = path.replace(/:([a-z]+)/g, (_, part: string) =>
    String(meant(parts[part] ?? part)),
  );
  const sent = body === undefined ? undefined : filledIn(body);
  return send(`${server.url}/api/v1${filled}`, method, asOwn ? own : operator, sent);
}

const meant = (text: string): unknown => (text.startsWith("$") ? known[text.slice(1)] : text);

function filledIn(body: object): object {
  const entries = Object.entries(body) as [string, unknown][];
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? meant(value) : value]),
  );
}

async function withTrigger(isOn: boolean): Promise<void> {
  await onDatabase((run) =>
    run(
      isOn
        ? "CREATE TRIGGER no_entry BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'no entry can be written'); END"
        : "DROP TRIGGER no_entry",
    ),
  );
}

async function onDatabase(
  work: (run: (sql: string) => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const database = await openSqlite(`${folder.path}/audit.sqlite`, 1);
  try {
    await database.change((sql) => work((statement) => sql.run(statement, [])));
  } finally {
    await database.close();
  }
}

/** Without what a request leaves that has nothing to do with what it asked for. */
async function state(): Promise<string> {
  const dump = await dumpDatabase(url);
  return [...dump]
    .filter(([name]) => !/^(provisioning_log\w*|outbox|sqlite_\w+)$/.test(name))
    .map(
      ([name, rows]) => `${name}: ${rows.replace(/"(?:revision|lastUsedAt)":(?:\d+|null)/g, "")}`,
    )
    .join("\n");
}

/** What follows from a rule or a pool is worked off in the background. */
async function settled(): Promise<void> {
  const { insights, administration } = server.app.store;
  const { id } = (await administration.findOrganisation("acorn"))!;
  while ((await insights.staleCount(id)) > 0) await wait(20);
}

async function countEntries(): Promise<number> {
  const rows = JSON.parse((await dumpDatabase(url)).get("entries") ?? "[]") as unknown[];
  return rows.length;
}
