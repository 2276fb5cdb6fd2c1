import { beforeEach, describe, expect, it } from "@jest/globals";
import { createUser } from "../../src/domain/people/arrival.js";
import type { Connection, SamlSettings } from "../../src/domain/directory.js";
import { changeGroup, createGroup, NO_MEMBERS } from "../../src/domain/people/groups.js";
import { isSameName } from "../../src/domain/people/identity.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import { signIn, type SignIn } from "../../src/domain/signIn/signIn.js";
import { MemoryOrganisation, product } from "./organisation.js";

/** Who an assertion is about, and what it changes about the account. */
const catalogue = {
  products: new Map([["support", product("support", [["standard", "chat"]])]]),
  permissions: new Map([["chat", { id: "chat", title: "Chat", requires: { support: ["chat"] } }]]),
  roles: new Map([["agent", { id: "agent", title: "Agent", permissions: ["chat"], requires: {} }]]),
  settings: new Map(),
};

let org: MemoryOrganisation;
let attempts = 0;

function connection(settings: Partial<SamlSettings>, id = "c1"): Connection {
  return {
    ...{ id, organisationId: "org", name: "IdP", plugin: "generic", enabled: true },
    ...{ applicationUrl: null, assignments: true, version: 1, createdAt: 0 },
    saml: {
      ...{ idpEntityId: "https://idp.example", ssoUrl: "https://idp.example/sso" },
      ...{ certificates: [], requireSignedResponse: false, nameIdFormats: [], allowCbc: false },
      justInTime: "link",
      ...settings,
    },
  };
}

function enter(settings: Partial<SamlSettings>, says: Partial<SignIn> & { nameId: string }) {
  attempts += 1;
  const requestId = `request-${String(attempts)}`;
  org.requests.set(`c1 ${requestId} browser`, { returnTo: null });
  const userName = says.userName ?? says.nameId;
  const attempt: SignIn = {
    connection: connection(settings),
    sessionIndex: null,
    assertionId: `assertion-${String(attempts)}`,
    assertionExpiresAt: org.now + 300_000,
    requestId,
    browserHash: "browser",
    userName,
    displayName: null,
    document: { userName, active: true },
    sessionIdHash: `session-${String(attempts)}`,
    sessionExpiresAt: org.now + 3_600_000,
    ...says,
  };
  return org.decide((world, ctx) => signIn(world, ctx, attempt), { type: "saml" });
}

function outcome(verdict: ReturnType<typeof enter>): string | undefined {
  return "ok" in verdict ? verdict.ok.user.userName : verdict.detail;
}

function provision(
  userName: string,
  { connectionId = "c1", externalId = null as string | null, document = {} } = {},
): string {
  const draft = {
    ...{ userName, externalId, displayName: null, active: true },
    document: { userName, ...document },
  };
  const made = org.decide((world, ctx) => createUser(world, ctx, connectionId, draft));
  return "ok" in made ? made.ok.user.id : "";
}

const user = (userName: string) => org.users.get(org.idOf(userName))!;

beforeEach(() => {
  org = new MemoryOrganisation(catalogue);
});

describe("an account is linked", () => {
  // prettier-ignore
  it.each([
    ["ann",              "ann",              "ann"],
    ["Ann@Acme.example", "ann@acme.EXAMPLE", "Ann@Acme.example"],
    ["kate",             "\u212Aate",        "notProvisioned"], // the Kelvin sign becomes k
    ["stra\u00DFe",      "STRA\u1E9EE",      "notProvisioned"],
    ["e\u0301va",        "\u00E9va",         "notProvisioned"],
    ["ann",              "ann ",             "notProvisioned"],
  ])("N-76: %s by the userName %s: %s", (account, claimed, result) => {
    provision(account);

    expect(outcome(enter({}, { nameId: "n1", userName: claimed }))).toBe(result);
  });

  it("N-76: and from then on by the NameID alone, byte for byte", () => {
    provision("ann");
    enter({}, { nameId: "Key", userName: "ann" });

    expect(outcome(enter({}, { nameId: "Key", userName: "somebody" }))).toBe("ann");
    for (const nameId of ["key", "KEY", "\u212Aey", "Key\u200B"]) {
      expect(outcome(enter({}, { nameId, userName: "somebody" }))).toBe("notProvisioned");
    }
  });

  it("by its externalId where the connection says so, exactly, and not by its name then", () => {
    provision("ann", { externalId: "e1" });
    const settings = { linkBy: "externalId" } as const;

    expect(outcome(enter(settings, { nameId: "n1", userName: "ann" }))).toBe("notProvisioned");
    expect(outcome(enter(settings, { nameId: "n1", userName: "x", externalId: "E1" }))).toBe(
      "notProvisioned",
    );
    expect(outcome(enter(settings, { nameId: "n1", userName: "x", externalId: "e1" }))).toBe("ann");
  });

  it("never by an externalId that two accounts have, or that another connection gave", () => {
    provision("ann", { externalId: "e1" });
    provision("ben", { externalId: "e1" });
    provision("eve", { externalId: "e2", connectionId: "c2" });
    const settings = { linkBy: "externalId", justInTime: "create" } as const;

    expect(outcome(enter(settings, { nameId: "n1", userName: "x", externalId: "e1" }))).toBe(
      "severalAccounts",
    );
    expect(outcome(enter(settings, { nameId: "n2", userName: "eve", externalId: "e2" }))).toBe(
      "nameOfAnotherAccount",
    );
    expect(outcome(enter(settings, { nameId: "n3", userName: "new", externalId: "e2" }))).toBe(
      "new",
    );
    expect(user("new")).toMatchObject({ connectionId: "c1", externalId: "e2" });
  });

  it("never by an e-mail address alone, unless its domain is verified", () => {
    provision("ann@acme.example");
    const says = { nameId: "n1", userName: "ann@acme.example", isNamedByAddress: true };

    expect(outcome(enter({}, says))).toBe("onlyAnAddress");
    expect(outcome(enter({}, { ...says, isDomainVerified: true }))).toBe("ann@acme.example");
  });

  it("N-94: only with an address in a verified domain, where the connection demands that", () => {
    provision("ann");
    const settings = { requireVerifiedDomain: true, justInTime: "create" } as const;

    expect(outcome(enter(settings, { nameId: "n1", userName: "ann" }))).toBe("domainNotVerified");
    expect(outcome(enter(settings, { nameId: "n2", userName: "new@evil.example" }))).toBe(
      "domainNotVerified",
    );
    expect(org.users.size).toBe(1);
    const says = { nameId: "n1", userName: "ann", isDomainVerified: true };
    expect(outcome(enter(settings, says))).toBe("ann");
  });

  it.each(["link", "create"] as const)(
    "N-96: never where it was made by hand (%s)",
    (justInTime) => {
      provision("admin", { connectionId: null as unknown as string });

      expect(outcome(enter({ justInTime }, { nameId: "n1", userName: "admin" }))).toBe(
        "nameOfAnotherAccount",
      );
    },
  );
});

describe("attributes", () => {
  const document = {
    userName: "ann",
    active: true,
    displayName: "Ann Said",
    name: { givenName: "Said" },
    emails: [{ value: "said@acme.example", type: "work", primary: true }],
  };
  const says = { nameId: "n1", userName: "ann", displayName: "Ann Said", document };
  const scim = {
    name: { givenName: "Ann", familyName: "Known" },
    title: "Agent",
    emails: [{ value: "old@acme.example", primary: true }, { value: "home@acme.example" }],
  };

  it.each(["bootstrap", "authoritative"] as const)(
    "make the account that is created (%s)",
    (attributes) => {
      enter({ justInTime: "create", attributes }, says);

      expect(user("ann")).toMatchObject({ displayName: "Ann Said", document });
    },
  );

  it("ignored: the account that is created has its name and nothing else", () => {
    const groups = ["Agents"];
    enter({ justInTime: "create", attributes: "ignore" }, { ...says, groups });

    expect(user("ann").document).toEqual({ userName: "ann", active: true });
    expect(user("ann").displayName).toBeNull();
    expect(user("ann")).not.toHaveProperty("asserted");
  });

  it.each(["bootstrap", "ignore"] as const)(
    "%s: leave a provisioned account as SCIM told it",
    (attributes) => {
      provision("ann", { document: scim });
      const before = user("ann");
      enter({ attributes }, says);

      const { lastSignInAt: _, ...after } = user("ann");
      expect(after).toEqual({ ...before, lastSignInAt: undefined, ...after });
      expect(after.document).toEqual(before.document);
      expect(after.version).toBe(before.version);
    },
  );

  it("authoritative: what is said counts, what is not said stays, and the userName stays in any case", () => {
    provision("ann", { document: scim });
    enter({ attributes: "authoritative" }, { ...says, userName: "ann" });
    enter({ attributes: "authoritative" }, { ...says, userName: "renamed" });

    expect(user("ann")).toMatchObject({ displayName: "Ann Said", version: 2 });
    expect(user("ann").document).toEqual({
      userName: "ann",
      title: "Agent",
      displayName: "Ann Said",
      name: { givenName: "Said", familyName: "Known" },
      emails: [{ value: "said@acme.example", primary: true }, { value: "home@acme.example" }],
    });
    expect(org.events.filter(({ type }) => type === "user.updated")).toHaveLength(1);
  });

  it("N-97: an address of somebody else changes nothing about who it is", () => {
    provision("ann");
    provision("ben@acme.example");
    enter({}, { nameId: "n1", userName: "ann" });
    const claimed = { nameId: "n1", userName: "ben@acme.example" };

    expect(outcome(enter({ attributes: "authoritative" }, claimed))).toBe("ann");
    expect(user("ben@acme.example").lastSignInAt).toBeNull();
  });
});

describe("groups", () => {
  const authoritative = { attributes: "authoritative", justInTime: "create" } as const;
  const roles = (userName: string) =>
    [...org.facts.values()]
      .filter(({ userId, kind }) => userId === org.idOf(userName) && kind === "role")
      .map(({ name }) => name);

  beforeEach(() => {
    org.rule({ type: "groupName", name: "Agents" }, { roles: ["agent"] });
  });

  it("authoritative: give what the rules say, and take it when another list comes", () => {
    provision("ann");
    enter(authoritative, { nameId: "n1", userName: "ann", groups: ["agents", "Others"] });
    expect(roles("ann")).toEqual(["agent"]);

    enter(authoritative, { nameId: "n1", userName: "ann", groups: ["Others"] });
    expect(roles("ann")).toEqual([]);
  });

  it("that are absent are not known: nobody loses anything by it", () => {
    provision("ann");
    enter(authoritative, { nameId: "n1", userName: "ann", groups: ["Agents"] });
    enter(authoritative, { nameId: "n1", userName: "ann" });
    expect(roles("ann")).toEqual(["agent"]);

    // A list without entries is one: it says "none".
    enter(authoritative, { nameId: "n1", userName: "ann", groups: [] });
    expect(roles("ann")).toEqual([]);
  });

  it("bootstrap: give what the rules say to who is created, until SCIM puts them into a group", () => {
    enter({ justInTime: "create" }, { nameId: "n1", userName: "ann", groups: ["Agents"] });
    expect(roles("ann")).toEqual(["agent"]);
    enter({ justInTime: "create" }, { nameId: "n1", userName: "ann", groups: ["Others"] });
    expect(roles("ann")).toEqual(["agent"]);

    const draft = { externalId: null, displayName: "Agents", document: { displayName: "Agents" } };
    const id = org.idOf("ann");
    const made = org.decide((world, ctx) => createGroup(world, ctx, "c1", draft, [id]));
    expect(roles("ann")).toEqual(["agent"]);
    expect(user("ann")).not.toHaveProperty("asserted");
    const group = "ok" in made ? made.ok.group.id : "";
    const target = { id: group, connectionId: "c1" };
    org.decide((world, ctx) =>
      changeGroup(world, ctx, target, () => draft, { ...NO_MEMBERS, remove: [id] }),
    );

    expect(roles("ann")).toEqual([]);
  });

  it.each(["bootstrap", "ignore"] as const)(
    "%s: say nothing about a provisioned account",
    (attributes) => {
      provision("ann");
      enter({ attributes }, { nameId: "n1", userName: "ann", groups: ["Agents"] });

      expect(roles("ann")).toEqual([]);
    },
  );

  it("N-100: give nothing that no rule names, and are never taken for the id of a group", () => {
    const draft = { externalId: null, displayName: "Admins", document: { displayName: "Admins" } };
    const made = org.decide((world, ctx) => createGroup(world, ctx, "c2", draft, []));
    const groupId = "ok" in made ? made.ok.group.id : "";
    org.rule({ type: "groupId", groupId }, { roles: ["agent"] });
    provision("ann");

    const groups = [groupId, "admin", "agent", "owner", `signIn:c1:${groupId}`];
    enter(authoritative, { nameId: "n1", userName: "ann", groups });

    expect(roles("ann")).toEqual([]);
  });

  it("stay with the person when SCIM writes the account anew, and go when another connection takes it over", () => {
    provision("ann");
    enter(authoritative, { nameId: "n1", userName: "ann", groups: ["Agents"] });
    const draft = {
      userName: "ann",
      externalId: "e",
      displayName: "A",
      active: true,
      document: { userName: "ann" },
    };
    org.decide((world, ctx) =>
      changeUser(world, ctx, { id: org.idOf("ann"), connectionId: "c1" }, () => draft),
    );
    expect(roles("ann")).toEqual(["agent"]);

    org.handOvers.add("c1 c2 ann");
    org.decide((world, ctx) => createUser(world, ctx, "c2", draft));
    expect(user("ann")).toMatchObject({ connectionId: "c2" });
    expect(roles("ann")).toEqual([]);
  });
});

describe("names", () => {
  it("are the same in either case of ASCII, and otherwise only if they are the same", () => {
    expect(isSameName("Ann@Acme.example", "aNN@acme.EXAMPLE")).toBe(true);
    expect(isSameName("\u0130", "i\u0307")).toBe(false);
    expect(isSameName("a", "\u0430")).toBe(false);
  });
});

describe("an account that is linked", () => {
  it("is not taken over by another NameID of the same provider, whatever it says", () => {
    provision("ann", { externalId: "e1" });
    expect(outcome(enter({}, { nameId: "first", userName: "ann" }))).toBe("ann");

    for (const linkBy of ["userName", "externalId"] as const) {
      const says = { nameId: "second", userName: "ann", externalId: "e1" };
      expect(outcome(enter({ linkBy }, says))).toBe("linkedToAnotherNameId");
    }
    expect(org.identities.size).toBe(1);
    expect(outcome(enter({}, { nameId: "first", userName: "ann" }))).toBe("ann");
  });

  it("keeps its link when somebody else is given its name within the same batch", () => {
    const create = { justInTime: "create" } as const;

    expect(outcome(enter(create, { nameId: "first", userName: "ann" }))).toBe("ann");
    expect(outcome(enter(create, { nameId: "second", userName: "ann" }))).toBe(
      "linkedToAnotherNameId",
    );
  });
});
