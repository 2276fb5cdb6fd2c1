import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Connection, JustInTime } from "../../src/domain/directory.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import { deleteUser } from "../../src/domain/people/removal.js";
import { signIn, type SignIn } from "../../src/domain/signIn/signIn.js";
import { MemoryOrganisation, product } from "./organisation.js";

const catalogue = {
  products: new Map([["support", product("support", [["standard", "chat"]], { everyone: true })]]),
  permissions: new Map(),
  roles: new Map(),
  settings: new Map(),
};

let org: MemoryOrganisation;

function connection(justInTime: JustInTime, id = "c1"): Connection {
  return {
    id,
    organisationId: "org",
    name: "IdP",
    plugin: "generic",
    enabled: true,
    saml: {
      idpEntityId: "https://idp.example",
      ssoUrl: "https://idp.example/sso",
      certificates: [],
      justInTime,
      requireSignedResponse: false,
      nameIdFormats: [],
      allowCbc: false,
    },
    applicationUrl: null,
    assignments: true,
    version: 1,
    createdAt: 0,
  };
}

let attempts = 0;
function attempt(nameId: string, userName: string, more: Partial<SignIn> = {}): SignIn {
  attempts += 1;
  const requestId = `request-${String(attempts)}`;
  org.requests.set(`c1 ${requestId} browser`, { returnTo: "/inbox" });
  return {
    connection: connection("link"),
    nameId,
    sessionIndex: null,
    assertionId: `assertion-${String(attempts)}`,
    assertionExpiresAt: org.now + 300_000,
    requestId,
    browserHash: "browser",
    userName,
    displayName: null,
    document: { userName },
    sessionIdHash: `session-${String(attempts)}`,
    sessionExpiresAt: org.now + 3_600_000,
    ...more,
  };
}

function enter(attempted: SignIn) {
  return org.decide((world, ctx) => signIn(world, ctx, attempted), { type: "saml" });
}

function provision(userName: string, connectionId = "c1", active = true) {
  const draft = { userName, externalId: null, displayName: null, active, document: { userName } };
  return org.decide((world, ctx) => createUser(world, ctx, connectionId, draft));
}

beforeEach(() => {
  org = new MemoryOrganisation(catalogue);
  org.pool("shared", {
    kind: "shared",
    policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
  });
});

describe("a sign-in", () => {
  it("opens a session, takes a seat, remembers the identity and says where to go", () => {
    provision("ann");

    const verdict = enter(attempt("name-1", "ann"));

    expect(verdict).toMatchObject({ ok: { user: { userName: "ann" }, returnTo: "/inbox" } });
    expect(org.holders()).toEqual(["ann"]);
    expect([...org.sessions.values()].map(({ userId }) => userId)).toEqual([org.idOf("ann")]);
    expect(org.identities.get("c1 name-1")?.userId).toBe(org.idOf("ann"));
    expect(org.requests.size).toBe(0);
  });

  it("takes a shared seat over, and the ledger says from whom", () => {
    provision("ann");
    provision("ben");
    enter(attempt("n1", "ann"));
    org.minutes(1);
    enter(attempt("n2", "ben"));

    expect(org.holders()).toEqual(["ben"]);
    const [displaced, granted] = org.entries.slice(-2);
    expect(displaced).toMatchObject({
      kind: "seat.displaced",
      userId: org.idOf("ann"),
      details: { displacedBy: org.idOf("ben") },
    });
    expect(granted).toMatchObject({
      kind: "seat.granted",
      userId: org.idOf("ben"),
      details: { displacedUserId: org.idOf("ann") },
    });
  });

  it("N-97: later finds the person by NameID alone, whatever name or address the assertion claims", () => {
    provision("ann");
    provision("ben");
    enter(attempt("n1", "ann"));

    expect(enter(attempt("n1", "ben"))).toMatchObject({ ok: { user: { userName: "ann" } } });
  });

  it.each([
    {
      what: "N-78: a request that is not ours",
      more: { requestId: "unknown" },
      detail: "unknownRequest",
    },
    { what: "N-85: an assertion that was used", more: { assertionId: "used" }, detail: "replay" },
  ])("refuses $what, and changes nothing", ({ more, detail }) => {
    provision("ann");
    org.usedAssertions.add("c1 used");
    const before = org.entries.length;

    expect(enter(attempt("n1", "ann", more))).toMatchObject({ refused: "SignInFailed", detail });
    expect(org.sessions.size).toBe(0);
    expect(org.entries).toHaveLength(before);
    expect(org.requests.size).toBe(1);
  });

  it("refuses what was verified by the word of a provider that does not count any more, and changes nothing", () => {
    provision("ann");
    org.bindingsEnded.add("c1 https://idp.example");
    const before = org.entries.length;

    const detail = "connectionChanged";
    expect(enter(attempt("n1", "ann"))).toMatchObject({ refused: "SignInFailed", detail });
    expect(org.sessions.size).toBe(0);
    expect(org.entries).toHaveLength(before);
    expect(org.requests.size).toBe(1);
  });

  it("N-98: refuses who was deprovisioned", () => {
    provision("ann", "c1", false);

    expect(enter(attempt("n1", "ann"))).toMatchObject({ refused: "Inactive" });
    expect(org.sessions.size).toBe(0);
  });

  it("lets two answers to one request in the same batch open one session", () => {
    provision("ann");
    const first = attempt("n1", "ann");

    const verdicts = org.decide((world, ctx) => [
      signIn(world, ctx, first),
      signIn(world, ctx, { ...first, assertionId: "another", sessionIdHash: "other" }),
      signIn(world, ctx, { ...first, requestId: "request-x" }),
    ]);

    expect(verdicts.map((verdict) => ("ok" in verdict ? "in" : verdict.detail))).toEqual([
      "in",
      "unknownRequest",
      "unknownRequest",
    ]);
    expect(org.sessions.size).toBe(1);
  });
});

describe("a stolen assertion", () => {
  it("N-81: is refused in another browser, also when both are decided in one batch", () => {
    provision("ann");
    const genuine = attempt("n1", "ann");
    const thief = { ...genuine, browserHash: "thief", sessionIdHash: "thief" };

    const verdicts = org.decide((world, ctx) => [
      signIn(world, ctx, thief),
      signIn(world, ctx, genuine),
    ]);

    expect(verdicts.map((verdict) => ("ok" in verdict ? "in" : verdict.detail))).toEqual([
      "unknownRequest",
      "in",
    ]);
    expect([...org.sessions.keys()]).toEqual([genuine.sessionIdHash]);
  });
});

describe("somebody unknown", () => {
  it.each([
    { policy: "refuse" as const, provisioned: true, outcome: "notProvisioned" },
    { policy: "link" as const, provisioned: true, outcome: "in" },
    { policy: "link" as const, provisioned: false, outcome: "notProvisioned" },
    { policy: "create" as const, provisioned: false, outcome: "in" },
  ])(
    "with policy $policy, provisioned $provisioned: $outcome",
    ({ policy, provisioned, outcome }) => {
      if (provisioned) provision("ann");

      const verdict = enter(attempt("n1", "ann", { connection: connection(policy) }));

      expect("ok" in verdict ? "in" : verdict.detail).toBe(outcome);
      expect(org.users.size).toBe(provisioned || outcome === "in" ? 1 : 0);
    },
  );

  it.each(["link", "create"] as const)(
    "N-96: policy %s never takes over another connection's account",
    (policy) => {
      provision("ann", "c2");

      const verdict = enter(attempt("n1", "Ann", { connection: connection(policy) }));

      expect(verdict).toMatchObject({
        refused: "SignInUnknownUser",
        detail: "nameOfAnotherAccount",
      });
      expect(org.users.size).toBe(1);
    },
  );
});

describe("deprovisioning", () => {
  it.each(["deactivated", "deleted"] as const)(
    "ends every session in the same step (%s)",
    (how) => {
      provision("ann");
      enter(attempt("n1", "ann"));
      enter(attempt("n1", "ann"));
      const target = { id: org.idOf("ann"), connectionId: "c1" };

      if (how === "deleted") org.decide((world, ctx) => deleteUser(world, ctx, target));
      else {
        org.decide((world, ctx) =>
          changeUser(world, ctx, target, (user) => ({ ...user, active: false })),
        );
      }

      expect([...org.sessions.values()].map(({ endReason }) => endReason)).toEqual([how, how]);
      expect(org.holders()).toEqual([]);
    },
  );
});
