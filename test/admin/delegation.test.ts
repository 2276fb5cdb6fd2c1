import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { issueToken } from "../../src/actions/administer.js";
import { listAddresses } from "../../src/admin/router.js";
import { NEEDS, scopesFor, type Need } from "../../src/admin/scopes.js";
import { scopesOf } from "../../src/domain/administration/delegation.js";
import type { User } from "../../src/domain/directory.js";
import {
  ROLES,
  SCOPES,
  type PrincipalRef,
  type Role,
  type Scope,
} from "../../src/domain/administration/scope.js";
import { createWorld, type Method, type World } from "./world.js";

/** Who may do what (rules 19, 20, 55, 72, 77, 89-93; X13, Q3, I23). One world: each test uses people of its own. */

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.close();
});

const NO_ID = "00000000-0000-7000-8000-000000000000";
const PRINCIPALS = "/organisations/acme/principals";
const TOKENS = "/organisations/acme/tokens";

function codeOf({ body }: { body: unknown }): string | undefined {
  return (body as { error?: { code: string } }).error?.code;
}

function addresses(org: string): { address: string; method: Method; path: string; need: Need }[] {
  return listAddresses().map((address) => {
    const [method = "", path = ""] = address.split(" ");
    const filled = path.replace(":org", org).replace(/:[a-z]+/g, NO_ID);
    const need = NEEDS[address] ?? "any";
    return { address, method: method.toLowerCase() as Method, path: filled, need };
  });
}

/** Each of them is enough. */
function scopesOfNeed(need: Need): readonly Scope[] {
  return need === "any" || need === "operator" ? [] : scopesFor(need);
}

async function ownToken(scopes: readonly Scope[], principal?: PrincipalRef): Promise<string> {
  const { token } = await issueToken(world.deps, {
    ...{ kind: "api", organisationId: world.acme.id, connectionId: null, label: "x" },
    ...{ scopes, principal },
  });
  return token;
}

let serial = 0;

interface Member {
  readonly user: User;
  readonly id: string;
  readonly token: string;
  readonly publicId: string;
}

/** A person with a role, and a token of that person. */
async function member(role: Role, more: { teams?: string[]; extraScopes?: Scope[] } = {}) {
  serial += 1;
  const user = await world.addUser(`${role}-${String(serial)}@acme.example`);
  const granted = await world.call("post", PRINCIPALS).send({ user: user.id, role, ...more });
  expect(granted.status).toBe(201);
  const { id } = granted.body as { id: string };
  const issued = await world.call("post", TOKENS).send({ label: "laptop", principal: id });
  expect(issued.status).toBe(201);
  const { token, publicId } = issued.body as { token: string; publicId: string };
  return { user, id, token, publicId } satisfies Member;
}

describe("the table of scopes", () => {
  it("names every address of the admin API and no other", () => {
    expect(Object.keys(NEEDS).toSorted()).toEqual(listAddresses().toSorted());
  });

  it("refuses, at every address, a token that has every scope but those that are enough", async () => {
    const without = new Map<string, string>();
    const tokenWithout = async (enough: readonly Scope[]): Promise<string> => {
      const key = enough.join();
      const others = SCOPES.filter((scope) => !enough.includes(scope));
      const token = without.get(key) ?? (await ownToken(others));
      without.set(key, token);
      return token;
    };
    const limited = addresses("acme").filter(({ need }) => need !== "any");
    for (const { address, method, path, need } of limited) {
      const enough = scopesOfNeed(need);
      const isOperators = enough.length === 0;
      const token = isOperators ? world.tokens.acme : await tokenWithout(enough);
      const answer = await world.call(method, path, token).send({});
      const code = isOperators ? "Forbidden" : "MissingScope";
      expect([address, answer.status, codeOf(answer)]).toEqual([address, 403, code]);
    }
  });

  it("opens, at every address, to a token that has that one scope, or one of those that are enough, alone", async () => {
    for (const scope of SCOPES) {
      const token = await ownToken([scope]);
      const own = addresses("acme").filter(({ need }) => scopesOfNeed(need).includes(scope));
      expect(own.length).toBeGreaterThan(0);
      for (const { address, method, path } of own) {
        const answer = await world.call(method, path, token).send({});
        expect([address, codeOf(answer)]).not.toEqual([address, "MissingScope"]);
        expect([address, answer.status]).not.toEqual([address, 403]);
      }
    }
  });

  it("asks for a second scope where a plan holds what an identity provider would send", async () => {
    const bulk = { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations: [] };
    const plan = { type: "sync", connection: world.okta.id, bulk };
    const send = async (...scopes: Scope[]) =>
      codeOf(
        await world.call("post", "/organisations/acme/plans", await ownToken(scopes)).send(plan),
      );
    expect(await send("licence.policy")).toBe("MissingScope");
    expect(await send("licence.policy", "connection.manage")).not.toBe("MissingScope");
  });

  it("hides another organisation before it looks at scopes: 404 whatever the token may do", async () => {
    const token = await ownToken(["licence.read"]);
    const foreign = addresses("globex").filter(({ path }) => path.startsWith("/organisations/"));
    for (const { address, method, path } of foreign) {
      const answer = await world.call(method, path, token).send({});
      expect([address, answer.status]).toEqual([address, 404]);
    }
  });

  it("lets who is limited to teams in only where the handler knows teams", async () => {
    const { token } = await member("teamAdmin", { teams: ["sales"] });
    for (const { address, method, path, need } of addresses("acme")) {
      const isOpen = need === "any" || typeof need === "object";
      const answer = await world.call(method, path, token).send({});
      expect([address, answer.status === 403]).toEqual([address, !isOpen]);
    }
  });
});

describe("roles", () => {
  it.each([
    ["owner", [...SCOPES]],
    ["licenceManager", ["licence.read", "licence.assign", "licence.policy", "licence.purchase"]],
    ["teamAdmin", ["licence.read", "licence.assign"]],
    ["viewer", ["licence.read"]],
  ] as const)("X13, rules 19, 20, 55, 72: %s", async (role, scopes) => {
    const { token, user, id } = await member(role, role === "teamAdmin" ? { teams: ["a"] } : {});

    expect((await world.call("get", "/whoami", token)).body).toMatchObject({
      organisationId: world.acme.id,
      isOperator: false,
      principal: { id, userId: user.id, role },
      scopes,
      teams: role === "teamAdmin" ? ["a"] : null,
    });
  });

  it("rule 53: who manages users needs the Team tab, and who may not is told who can change that", async () => {
    await world.call("post", "/organisations/acme/pools").send({
      ...{ name: "Desk", product: "support", tiers: ["standard", "professional"] },
      ...{ kind: "locked", capacity: 2 },
    });
    const [worker, leader] = [
      await world.addUser("worker@acme.example"),
      await world.addUser("leader@acme.example"),
    ];
    const path = `/organisations/acme/users/${leader.id}/facts`;
    await world.call("post", path).send({ kind: "role", name: "team-leader" });
    const may = async ({ id }: User) => {
      const asked = { userId: id, product: "support" };
      const { body } = await world.call("post", "/organisations/acme/seats/ask").send(asked);
      return (body as { capabilities: string[] }).capabilities.includes("tab.team");
    };
    expect([await may(worker), await may(leader)]).toEqual([false, true]);

    const { token } = await member("viewer");
    const refused = await world.call("post", path, token).send({ kind: "role", name: "user" });
    expect(refused.status).toBe(403);
    expect((refused.body as { error: { message: string } }).error.message).toBe(
      "These credentials do not have the scope licence.assign. An owner of the organisation can give it.",
    );
  });

  it("rules 77, 89, 90, 91, 92: need no seat, whatever the administrator administers", async () => {
    await world.call("post", "/organisations/acme/pools").send({
      ...{ name: "Support", product: "support", tiers: ["standard"], kind: "locked", capacity: 0 },
    });
    const finance = await member("viewer", { extraScopes: ["licence.purchase"] });
    const security = await member("viewer", { extraScopes: ["connection.manage"] });
    const privacy = await member("viewer", { extraScopes: ["person.erase"] });
    const leaver = await world.addUser("leaver@acme.example");

    expect((await world.call("get", "/organisations/acme/entries", finance.token)).status).toBe(
      200,
    );
    const invoices = "/organisations/acme/invoices/preview";
    expect((await world.call("get", invoices, finance.token)).status).toBe(200);
    expect((await world.call("get", invoices, security.token)).status).toBe(403);
    const connections = "/organisations/acme/connections";
    expect((await world.call("get", connections, security.token)).status).toBe(200);
    const erased = await world
      .call("delete", `/organisations/acme/users/${leaver.id}`, privacy.token)
      .send({ userName: "leaver@acme.example" });
    expect(erased.status).toBe(200);
    for (const { user } of [finance, security, privacy]) {
      const seats = await world.store.insights.seatsOf(world.acme.id, [user.id]);
      expect(seats).toEqual([]);
    }
  });

  it("send a pool's policy back as it was read, but no more than was bought", async () => {
    const PATH = "/organisations/acme/pools/Terms";
    await world.call("post", "/organisations/acme/pools").send({
      ...{ name: "Terms", product: "support", tiers: ["standard"], kind: "shared", capacity: 2 },
      policy: { onFull: ["overage", "wait"], overage: "50%", idleDays: 30 },
    });
    const { token } = await member("licenceManager");
    interface Shown {
      readonly capacity: number;
      readonly tiers: string[];
      readonly policy: { readonly idleDays: number; readonly overage: unknown };
    }
    const read = async () => (await world.call("get", PATH, token)).body as Shown;
    const patch = (body: object) => world.call("patch", PATH, token).send(body);

    const { capacity, tiers, policy } = await read();
    expect((await patch({ capacity, tiers, policy })).status).toBe(200);
    expect((await patch({ policy: { ...policy, idleDays: 60 } })).status).toBe(200);
    for (const more of [
      { capacity: 3 },
      { tiers: ["standard", "professional"] },
      { policy: { ...policy, overage: "51%" } },
      { policy: { ...policy, overage: 1 } },
      { policy: { onFull: ["autoscale"], autoscaleMax: 9 } },
    ]) {
      expect(codeOf(await patch(more))).toBe("Forbidden");
    }
    expect(await read()).toMatchObject({ capacity, tiers, policy: { ...policy, idleDays: 60 } });
  });

  it("take the step overage from a list, unless extra seats are held, which would cost no more for being held", async () => {
    const PATH = "/organisations/acme/pools/Extra";
    const pool = { name: "Extra", product: "analytics", tiers: ["viewer"], kind: "locked" };
    const policy = { onFull: ["overage", "wait"], overage: 2 };
    await world.call("post", "/organisations/acme/pools").send({ ...pool, capacity: 0, policy });
    const { token } = await member("licenceManager");
    const set = (onFull: string[], own: object[] = []) =>
      world.call("patch", PATH, token).send({ policy: { onFull, onFullByGroup: own } });

    expect((await set(["wait"])).status).toBe(200);
    expect((await set(["overage", "wait"])).status).toBe(200);
    await world.addUser("extra");
    const reader = { kind: "role", name: "report-reader" };
    await world.call("post", "/organisations/acme/users/extra/facts").send(reader);
    expect((await world.call("get", PATH)).body).toMatchObject({ bar: { overage: 1 } });
    expect(codeOf(await set(["wait"]))).toBe("Forbidden");
    // The list of one group is enough for what is held, whoever holds it.
    expect((await set(["wait"], [{ group: "Managers", onFull: ["overage"] }])).status).toBe(200);
    expect(codeOf(await set(["wait"]))).toBe("Forbidden");
    expect(
      (await world.call("patch", PATH).send({ policy: { onFull: ["wait"], onFullByGroup: [] } }))
        .status,
    ).toBe(200);
  });

  it("Q3: an owner delegates; a licence manager does so only by the scope that an owner has added", async () => {
    const manager = await member("licenceManager");
    const delegate = await member("licenceManager", { extraScopes: ["access.manage"] });
    const { id: user } = await world.addUser("viewer-to-be@acme.example");
    const send = (token: string, body: object) => world.call("post", PRINCIPALS, token).send(body);

    expect((await send(manager.token, { user, role: "viewer" })).status).toBe(403);
    expect(codeOf(await send(delegate.token, { user, role: "owner" }))).toBe("MissingScope");
    expect((await send(delegate.token, { user, role: "licenceManager" })).status).toBe(201);
  });

  it("give nobody more than who gives: no role, scope or token lifts its bearer", async () => {
    const numberOf = (scopes: readonly Scope[]): number => scopes.length;
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...SCOPES]),
        fc.constantFrom(...ROLES.filter((role) => role !== "teamAdmin")),
        fc.subarray([...SCOPES]),
        async (held, role, extraScopes) => {
          const token = await ownToken([...new Set([...held, "access.manage" as const])]);
          const given = scopesOf({ role, extraScopes });
          const isWithin = given.every(
            (scope) => scope === "access.manage" || held.includes(scope),
          );
          const made = await world
            .call("post", PRINCIPALS, token)
            .send({ name: `service ${String(numberOf(given))}`, role, extraScopes });
          expect(made.status).toBe(isWithin ? 201 : 403);
          const issued = await world
            .call("post", TOKENS, token)
            .send({ label: "x", ...(extraScopes.length === 0 ? {} : { scopes: extraScopes }) });
          const wanted = extraScopes.length === 0 ? SCOPES : extraScopes;
          const may = wanted.every((scope) => scope === "access.manage" || held.includes(scope));
          expect(issued.status).toBe(may ? 201 : 403);
        },
      ),
      { numRuns: 12 },
    );
  });

  it("let nobody act under the name of somebody stronger, however little the token would say", async () => {
    const [stronger, weak] = [
      await member("licenceManager"),
      await member("viewer", { extraScopes: ["access.manage"] }),
    ];
    const issue = async (by: string, principal: string, scopes?: readonly Scope[]) => {
      const issued = await world.call("post", TOKENS, by).send({ label: "x", principal, scopes });
      return [issued.status, codeOf(issued), issued.body] as const;
    };
    const refused = [403, "MissingScope"];
    expect((await issue(weak.token, stronger.id, ["licence.read"])).slice(0, 2)).toEqual(refused);
    expect((await issue(weak.token, weak.id, ["licence.read"]))[0]).toBe(201);

    const [, , made] = await issue(world.tokens.operator, stronger.id, ["licence.read"]);
    const narrow = `${TOKENS}/${(made as { publicId: string }).publicId}`;
    const rotated = await world.call("post", `${narrow}/rotate`, weak.token).send({});
    expect([rotated.status, codeOf(rotated)]).toEqual(refused);
    expect((await world.call("delete", narrow, weak.token)).status).toBe(204);

    // Of oneself a weaker one can be had with a weaker one: the name is one's own already.
    const owner = await member("owner");
    const [, , less] = await issue(owner.token, owner.id, ["access.manage", "licence.read"]);
    const { token } = less as { token: string };
    expect((await issue(token, owner.id, ["licence.read"]))[0]).toBe(201);
    expect((await issue(token, owner.id)).slice(0, 2)).toEqual(refused);
    const other = await member("owner");
    expect((await issue(token, other.id, ["licence.read"])).slice(0, 2)).toEqual(refused);
  });

  it("let nobody take over a stronger token by rotating it, nor revoke it", async () => {
    const { publicId } = await member("owner");
    const weak = await ownToken(["access.manage"]);
    const rotated = await world.call("post", `${TOKENS}/${publicId}/rotate`, weak).send({});
    expect([rotated.status, codeOf(rotated)]).toEqual([403, "MissingScope"]);
    expect((await world.call("delete", `${TOKENS}/${publicId}`, weak)).status).toBe(403);
  });
});

describe("team admins", () => {
  it("rules 55, 72: reach the people of their teams; anybody else does not exist for them", async () => {
    const admin = await member("teamAdmin", { teams: ["north"] });
    const mine = await world.addUser("mine@acme.example");
    const other = await world.addUser("other@acme.example");
    for (const [user, name] of [
      [mine, "north"],
      [other, "south"],
    ] as const) {
      await world
        .call("post", `/organisations/acme/users/${user.id}/facts`)
        .send({ kind: "team", name });
    }
    const path = (user: User, rest = "") => `/organisations/acme/users/${user.id}${rest}`;

    expect((await world.call("get", path(mine), admin.token)).status).toBe(200);
    expect((await world.call("get", path(other), admin.token)).status).toBe(404);
    const listed = await world.call("get", "/organisations/acme/users", admin.token);
    expect((listed.body as { items: { id: string }[] }).items.map(({ id }) => id)).toEqual([
      mine.id,
    ]);
    const fact = { kind: "claim", name: "support" };
    const give = (user: User, body: object) =>
      world.call("post", path(user, "/facts"), admin.token).send(body);
    expect((await give(mine, fact)).status).toBe(201);
    expect((await give(other, fact)).status).toBe(404);
    for (const kind of ["team", "exclusion", "role"] as const) {
      const name = { team: "south", exclusion: "support", role: "user" }[kind];
      expect([kind, codeOf(await give(mine, { kind, name }))]).toEqual([kind, "MissingScope"]);
    }
  });

  it("rules 16, 20, 55: revoke shared seats of their people and undo for them; a licence manager does for everybody", async () => {
    const ORG = "/organisations/acme";
    await world.call("post", `${ORG}/pools`).send({
      ...{ name: "Shared", product: "analytics", tiers: ["viewer"], kind: "shared", capacity: 9 },
    });
    const people = await Promise.all(
      ["alpha", "beta"].map(async (team) => {
        const user = await world.addUser(`${team}-holder@acme.example`);
        for (const fact of [
          { kind: "team", name: team },
          { kind: "claim", name: "analytics" },
        ]) {
          await world.call("post", `${ORG}/users/${user.id}/facts`).send(fact);
        }
        return user;
      }),
    );
    const [mine, other] = people as [User, User];
    const seatOf = async ({ id: userId }: User): Promise<string> => {
      const asked = { userId, product: "analytics" };
      const { body } = await world.call("post", `${ORG}/seats/acquire`).send(asked);
      return (body as { seat: { id: string } }).seat.id;
    };
    const revoke = async (token: string, seatId: string) => {
      const { status } = await world.call("post", `${ORG}/seats/release`, token).send({ seatId });
      return status;
    };
    const undo = async (token: string, { id: userId }: User) => {
      const asked = { userId, product: "analytics" };
      const answer = await world.call("post", `${ORG}/reclaims/undo`, token).send(asked);
      return [answer.status, codeOf(answer)];
    };
    const admin = await member("teamAdmin", { teams: ["alpha"] });
    const manager = await member("licenceManager");
    const viewer = await member("viewer");
    const [own, foreign] = [await seatOf(mine), await seatOf(other)];

    expect(await revoke(viewer.token, own)).toBe(403);
    expect(await revoke(admin.token, foreign)).toBe(404);
    expect(await seatOf(other)).toBe(foreign);
    expect(await revoke(admin.token, own)).toBe(204);
    expect(await revoke(manager.token, foreign)).toBe(204);
    const seats = await world.store.insights.seatsOf(world.acme.id, [mine.id, other.id]);
    expect(seats).toEqual([]);
    const { items } = (await world.call("get", `${ORG}/entries?userId=${other.id}`)).body as {
      items: { kind: string; cause: { type: string; actor: string } }[];
    };
    expect(items.findLast(({ kind }) => kind === "seat.released")?.cause).toMatchObject({
      ...{ type: "admin", actor: manager.user.id },
    });

    // Nobody's seat was taken back, and only who is within reach is told so.
    expect(await undo(viewer.token, mine)).toEqual([403, "MissingScope"]);
    expect(await undo(admin.token, other)).toEqual([404, "NotFound"]);
    expect(await undo(admin.token, mine)).toEqual([409, "Conflict"]);
    expect(await undo(manager.token, other)).toEqual([409, "Conflict"]);
  });

  it("rule 72: invite to their teams, and see no other invitations", async () => {
    const admin = await member("teamAdmin", { teams: ["west"] });
    const send = (token: string, teams: string[]) =>
      world
        .call("post", "/organisations/acme/invitations", token)
        .send({ address: `${teams.join("-")}x@else.example`, teams });
    expect((await send(admin.token, ["west"])).status).toBe(201);
    expect((await send(admin.token, ["west", "east"])).status).toBe(403);
    expect((await send(admin.token, [])).status).toBe(403);
    const named = { address: "boss@acme.example", teams: ["west"], connection: world.okta.id };
    const captured = await world
      .call("post", "/organisations/acme/invitations", admin.token)
      .send(named);
    expect(codeOf(captured)).toBe("MissingScope");
    const foreign = await send(world.tokens.operator, ["east"]);

    const listed = await world.call("get", "/organisations/acme/invitations", admin.token);
    const items = (listed.body as { items: { teams: string[] }[] }).items;
    expect(items.map(({ teams }) => teams)).toEqual([["west"]]);
    const { id } = foreign.body as { id: string };
    const path = `/organisations/acme/invitations/${id}`;
    expect((await world.call("delete", path, admin.token)).status).toBe(404);
    expect((await world.call("delete", path)).status).toBe(204);
  });

  it("rules 55, 72: are not told by an invitation whether somebody beyond their teams has an account", async () => {
    const ORG = "/organisations/acme";
    const admin = await member("teamAdmin", { teams: ["dusk"] });
    const beyond = await world.addUser("beyond@acme.example");
    const mine = await world.addUser("within@acme.example");
    await world.call("post", `${ORG}/users/${mine.id}/facts`).send({ kind: "team", name: "dusk" });
    type Shown = Record<string, unknown> & { address: string; user: object | null };
    const invite = async (address: string) => {
      const asked = { address, teams: ["dusk"] };
      const answer = await world.call("post", `${ORG}/invitations`, admin.token).send(asked);
      return [answer.status, answer.body as Shown] as const;
    };
    const [[status, known], [, nobody], [, within]] = [
      await invite("beyond@acme.example"),
      await invite("nobody@acme.example"),
      await invite("within@acme.example"),
    ];

    expect(status).toBe(201);
    const told = ({ teams, user, state, pool }: Shown) => ({ teams, user, state, pool });
    expect(told(known)).toEqual(told(nobody));
    expect(within.user).toEqual({ id: mine.id, userName: "within@acme.example" });
    const list = async (token?: string) => {
      const { body } = await world.call("get", `${ORG}/invitations`, token);
      const { items } = body as { items: Shown[] };
      return items.find(({ address }) => address === "beyond@acme.example")?.user;
    };
    expect(await list(admin.token)).toBeNull();
    expect(await list()).toEqual({ id: beyond.id, userName: "beyond@acme.example" });
  });

  it("rules 55, 72: are answered for a deactivated account as for an address that is nobody's", async () => {
    const ORG = "/organisations/acme";
    const admin = await member("teamAdmin", { teams: ["dawn"] });
    const gone = await world.addUser("gone@acme.example");
    const scope = { organisationId: world.acme.id, connectionId: world.okta.id };
    const cause = { type: "scim", action: "test", actor: "test", requestId: null } as const;
    const off = (user: typeof gone) => ({ ...user, active: false });
    await world.actions.changeUser(scope, { id: gone.id }, off, cause);
    const invite = async (address: string) => {
      const asked = { address, teams: ["dawn"] };
      const answer = await world.call("post", `${ORG}/invitations`, admin.token).send(asked);
      const { state, user } = answer.body as { state?: string; user?: object | null };
      return { status: answer.status, state, user };
    };

    expect(await invite("nobody-else@acme.example")).toEqual({
      ...{ status: 201, state: "pending", user: null },
    });
    expect(await invite("gone@acme.example")).toEqual({
      ...{ status: 201, state: "pending", user: null },
    });
    const byOperator = await world
      .call("post", `${ORG}/invitations`)
      .send({ address: "gone@acme.example", teams: ["other"] });
    expect([byOperator.status, codeOf(byOperator)]).not.toEqual([201, undefined]);
  });

  it.each([
    [{ role: "teamAdmin" }, "teams"],
    [{ role: "viewer", teams: ["a"] }, "teams"],
    [{ role: "teamAdmin", teams: ["a"], extraScopes: ["licence.policy"] }, "extraScopes"],
    [{ role: "king" }, "role"],
    [{ role: "viewer", extraScopes: ["licence.steal"] }, "extraScopes[0]"],
  ])("are refused in a form that makes no sense: %j", async (rights, field) => {
    const answer = await world.call("post", PRINCIPALS).send({ name: "s", ...rights });
    expect(answer.status).toBe(400);
    expect((answer.body as { error: { field: string } }).error.field).toBe(field);
  });
});

describe("tokens of a person", () => {
  const scope = () => ({ organisationId: world.acme.id, connectionId: world.okta.id });
  const CAUSE = { type: "scim", action: "test", actor: "test", requestId: null } as const;
  const deactivate = (id: string) =>
    world.actions.changeUser(scope(), { id }, (user) => ({ ...user, active: false }), CAUSE);

  it("stop with the commit that deactivates the person, on the node that does it", async () => {
    const { token, user, publicId } = await member("viewer");
    expect((await world.call("get", "/organisations/acme/pools", token)).status).toBe(200);

    await deactivate(user.id);
    expect((await world.call("get", "/organisations/acme/pools", token)).status).toBe(401);
    const listed = await world.call("get", TOKENS);
    const items = (listed.body as { items: { publicId: string; state: string }[] }).items;
    expect(items.find((one) => one.publicId === publicId)?.state).toBe("stopped");
  });

  it("end with the account, also when the same account comes back", async () => {
    const { token, user, id } = await member("viewer");
    await world.actions.deleteUser(scope(), { id: user.id }, CAUSE);
    expect((await world.call("get", "/organisations/acme/pools", token)).status).toBe(401);

    const back = await world.addUser(user.userName);
    expect(back.id).toBe(user.id);
    expect((await world.call("get", "/organisations/acme/pools", token)).status).toBe(401);
    const listed = await world.call("get", PRINCIPALS);
    expect((listed.body as { items: { id: string }[] }).items.map((one) => one.id)).not.toContain(
      id,
    );
  });

  it("end with the role, change with it, and are never shown", async () => {
    const { token, id } = await member("licenceManager");
    const weaker = await world.call("patch", `${PRINCIPALS}/${id}`).send({ role: "viewer" });
    expect(weaker.body).toMatchObject({ role: "viewer", scopes: ["licence.read"] });
    const rules = await world.call("post", "/organisations/acme/rules", token).send({});
    expect(codeOf(rules)).toBe("MissingScope");

    expect((await world.call("delete", `${PRINCIPALS}/${id}`)).status).toBe(204);
    expect((await world.call("get", "/whoami", token)).status).toBe(401);
    expect(JSON.stringify((await world.call("get", TOKENS)).body)).not.toContain(token.slice(-20));
  });

  it("expire, and are rotated with what they may do", async () => {
    const { id } = await member("viewer");
    const issued = await world
      .call("post", TOKENS)
      .send({ label: "x", principal: id, scopes: ["licence.read"], expiresInDays: 1 });
    const { publicId, token } = issued.body as { publicId: string; token: string };
    expect(issued.body).toMatchObject({
      principalId: id,
      scopes: ["licence.read"],
      state: "expiring",
    });

    const rotated = await world
      .call("post", `${TOKENS}/${publicId}/rotate`)
      .send({ overlap: "0d" });
    const fresh = (rotated.body as { token: string }).token;
    expect((await world.call("get", "/whoami", token)).status).toBe(401);
    expect((await world.call("get", "/whoami", fresh)).body).toMatchObject({
      principal: { id },
      scopes: ["licence.read"],
    });
    world.clock.value += 2 * 86_400_000;
    expect((await world.call("get", "/whoami", fresh)).status).toBe(401);
  });

  it("are in the ledger by the person, never by the token", async () => {
    const { token, user, publicId } = await member("owner");
    const rule = { name: "Audited", match: { type: "everyone" }, gives: { teams: ["all"] } };
    expect((await world.call("post", "/organisations/acme/rules", token).send(rule)).status).toBe(
      201,
    );
    const made = await world.call("post", TOKENS, token).send({ label: "second" });

    const entries = await world.call("get", "/organisations/acme/entries?newestFirst=true&limit=5");
    const text = JSON.stringify(entries.body);
    const items = (entries.body as { items: { kind: string; cause: { actor: string } }[] }).items;
    expect(items.slice(0, 2)).toMatchObject([
      { kind: "setup.changed", reason: "token.issued", cause: { type: "admin", actor: user.id } },
      { kind: "setup.changed", reason: "rule.created", cause: { type: "admin", actor: user.id } },
    ]);
    const actors = items.map(({ cause }) => cause.actor);
    expect(actors).not.toContain(publicId);
    for (const secret of [token, (made.body as { token: string }).token]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(secret.slice(-34));
    }
  });
});

describe("the ledger", () => {
  it("says by whom connections, their clients, secrets and hand-overs were changed, without a secret", async () => {
    const { token, user } = await member("owner");
    const send = async (method: Method, path: string, body: object = {}) => {
      const answer = await world
        .call(method, `/organisations/acme/connections${path}`, token)
        .send(body);
      expect([path, answer.status]).toEqual([path, expect.any(Number)]);
      expect(answer.status).toBeLessThan(300);
      return answer.body as { id: string; secret: string; publicId: string };
    };
    const { id } = await send("post", "", { name: "Second" });
    await send("patch", `/${id}`, { enabled: false });
    const client = await send("post", `/${id}/clients`, { label: "x" });
    const second = await send("post", `/${id}/clients/${client.id}/secrets`);
    await send("delete", `/${id}/clients/${client.id}/secrets/${second.publicId}`);
    await send("delete", `/${id}/clients/${client.id}`);
    await send("post", `/${id}/hand-overs`, { to: world.okta.id, userNames: ["secret.person"] });
    await send("delete", `/${id}/hand-overs`);

    const { body } = await world.call(
      "get",
      "/organisations/acme/entries?newestFirst=true&limit=8",
    );
    const { items } = body as { items: { reason: string; cause: { actor: string } }[] };
    expect(items.map(({ reason }) => reason).reverse()).toEqual([
      ...["connection.created", "connection.changed", "client.created", "client.rotated"],
      ...["secret.revoked", "client.revoked", "handOver.allowed", "handOver.withdrawn"],
    ]);
    expect(new Set(items.map(({ cause }) => cause.actor))).toEqual(new Set([user.id]));
    for (const secret of [client.secret, second.secret, "secret.person"]) {
      expect(JSON.stringify(body)).not.toContain(secret.slice(-20));
    }
  });
});

describe("I23: somebody who may administer", () => {
  it("is always left: no act of an administrator changes, ends or erases the last owner", async () => {
    const org = "/organisations/globex";
    const scoped = { organisationId: world.globex.id, connectionId: "" };
    const connection = await world.call("post", `${org}/connections`).send({ name: "Okta" });
    const where = { ...scoped, connectionId: (connection.body as { id: string }).id };
    const cause = { type: "scim", action: "test", actor: "test", requestId: null } as const;
    const draft = (userName: string) => ({
      ...{ userName, externalId: null, displayName: null, active: true },
      document: { userName },
    });
    const people: User[] = [];
    for (const name of ["a@globex", "b@globex", "c@globex"]) {
      people.push((await world.actions.createUser(where, draft(name), cause)).user);
    }
    const able = async (): Promise<number> =>
      (await world.store.papers.principals(world.globex.id)).filter(
        ({ role, isAble }) => role === "owner" && isAble,
      ).length;
    const step = fc.record({
      who: fc.nat(2),
      act: fc.constantFrom("grant", "demote", "end", "erase", "promote"),
    });
    let hadOwner = false;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
        for (const { who, act } of steps) {
          const user = people[who];
          if (user === undefined) continue;
          const all = await world.store.papers.principals(world.globex.id);
          const own = all.find(({ userId }) => userId === user.id);
          const path = `${org}/principals/${own?.id ?? NO_ID}`;
          if (act === "grant") {
            await world.call("post", `${org}/principals`).send({ user: user.id, role: "owner" });
          } else if (act === "end") await world.call("delete", path);
          else if (act === "erase") {
            const erased = await world
              .call("delete", `${org}/users/${user.id}`)
              .send({ userName: user.userName });
            if (erased.status === 200) {
              people[who] = (
                await world.actions.createUser(where, draft(user.userName), cause)
              ).user;
            }
          } else {
            await world.call("patch", path).send({ role: act === "demote" ? "viewer" : "owner" });
          }
          const now = await able();
          hadOwner ||= now > 0;
          if (hadOwner) expect([act, now]).not.toEqual([act, 0]);
        }
      }),
      { numRuns: 6 },
    );
    expect(hadOwner).toBe(true);
  });

  it("is flagged while there is only one, and I13: an identity provider is never refused", async () => {
    const created = await world.call("post", "/organisations").send({ slug: "solo", name: "Solo" });
    const organisationId = (created.body as { id: string }).id;
    const connection = await world
      .call("post", "/organisations/solo/connections")
      .send({ name: "O" });
    const where = { organisationId, connectionId: (connection.body as { id: string }).id };
    const cause = { type: "scim", action: "test", actor: "test", requestId: null } as const;
    const userName = "only@solo";
    const draft = { userName, externalId: null, displayName: null, active: true };
    const { user } = await world.actions.createUser(
      where,
      { ...draft, document: { userName } },
      cause,
    );
    await world
      .call("post", "/organisations/solo/principals")
      .send({ user: user.id, role: "owner" });
    const shown = await world.call("get", "/organisations/solo/principals");
    expect(shown.body).toMatchObject({ items: [{ isLastOwner: true, state: "active" }] });
    const { id } = (shown.body as { items: { id: string }[] }).items[0] ?? { id: "" };
    const ended = await world.call("delete", `/organisations/solo/principals/${id}`);
    expect([ended.status, codeOf(ended)]).toEqual([409, "LastOwner"]);

    await world.actions.changeUser(
      where,
      { id: user.id },
      (one) => ({ ...one, active: false }),
      cause,
    );
    const after = await world.call("get", "/organisations/solo/principals");
    expect(after.body).toMatchObject({ items: [{ isLastOwner: false, state: "inactive" }] });
    const granted = await world
      .call("post", "/organisations/solo/principals")
      .send({ name: "desk", role: "owner" });
    expect(granted.status).toBe(201);
  });

  it("is no service without a token that is alive: the last person stays, whatever services there are", async () => {
    const org = "/organisations/service-owned";
    await world.call("post", "/organisations").send({ slug: "service-owned", name: "S" });
    const connection = await world.call("post", `${org}/connections`).send({ name: "O" });
    const organisation = await world.call("get", org);
    const where = {
      organisationId: (organisation.body as { id: string }).id,
      connectionId: (connection.body as { id: string }).id,
    };
    const cause = { type: "scim", action: "test", actor: "test", requestId: null } as const;
    const userName = "human@service-owned";
    const draft = { userName, externalId: null, displayName: null, active: true };
    await world.actions.createUser(where, { ...draft, document: { userName } }, cause);
    const grant = async (body: object): Promise<string> => {
      const made = await world.call("post", `${org}/principals`).send({ role: "owner", ...body });
      return (made.body as { id: string }).id;
    };
    const [person, service] = [await grant({ user: userName }), await grant({ name: "bot" })];
    const leaves = async () => codeOf(await world.call("delete", `${org}/principals/${person}`));
    const isLast = async () => {
      const { body } = await world.call("get", `${org}/principals`);
      const { items } = body as { items: { id: string; isLastOwner: boolean }[] };
      return items.find(({ id }) => id === person)?.isLastOwner;
    };
    expect([await isLast(), await leaves()]).toEqual([true, "LastOwner"]);

    const issued = await world
      .call("post", `${org}/tokens`)
      .send({ principal: service, label: "x" });
    const { publicId } = issued.body as { publicId: string };
    expect(await isLast()).toBe(false);
    await world.call("delete", `${org}/tokens/${publicId}`);
    expect([await isLast(), await leaves()]).toEqual([true, "LastOwner"]);
    await world.call("post", `${org}/tokens`).send({ principal: service, label: "y" });
    expect(await leaves()).toBeUndefined();
  });

  it("is left when a service is the last owner: its last token is rotated, not revoked", async () => {
    const org = "/organisations/service-only";
    await world.call("post", "/organisations").send({ slug: "service-only", name: "S" });
    const send = async (method: "post" | "delete", path: string, body: object = {}) => {
      const answer = await world.call(method, `${org}${path}`).send(body);
      return { status: answer.status, code: codeOf(answer), body: answer.body as Issued };
    };
    interface Issued {
      readonly id: string;
      readonly token: string;
      readonly publicId: string;
    }
    const owner = async (name: string) => {
      const { body } = await send("post", "/principals", { name, role: "owner" });
      return body.id;
    };
    const issue = async (principal: string) =>
      (await send("post", "/tokens", { principal, label: "x" })).body;
    const robot = await owner("robot");
    const first = await issue(robot);
    const path = `/tokens/${first.publicId}`;
    const lastOwner = { status: 409, code: "LastOwner" };
    expect(await send("delete", path)).toMatchObject(lastOwner);
    const byItself = await world.call("delete", org + path, first.token);
    expect([byItself.status, codeOf(byItself)]).toEqual([409, "LastOwner"]);
    expect((await world.call("get", `${org}/principals`, first.token)).status).toBe(200);

    const rotated = await send("post", `${path}/rotate`, { overlap: "0d" });
    expect(rotated.status).toBe(201);
    expect((await world.call("get", `${org}/principals`, first.token)).status).toBe(401);
    const second = `/tokens/${rotated.body.publicId}`;
    expect((await send("delete", path)).status).toBe(204);
    expect(await send("delete", second)).toMatchObject(lastOwner);

    const other = await owner("other");
    expect(await send("delete", second)).toMatchObject(lastOwner);
    const theirs = await issue(other);
    expect((await send("delete", second)).status).toBe(204);
    expect(await send("delete", `/tokens/${theirs.publicId}`)).toMatchObject(lastOwner);
    expect((await send("post", "/tokens", { label: "the organisation's own" })).status).toBe(201);
    expect(await send("delete", `/tokens/${theirs.publicId}`)).toMatchObject(lastOwner);
  });
});
