import { describe, expect, it } from "@jest/globals";
import { builtInPlugins } from "../../plugins/index.js";
import { entra } from "../../plugins/entra/index.js";
import { okta } from "../../plugins/okta/index.js";
import { SeatkeeperError } from "../../src/errors.js";
import { readIdentity } from "../../src/identity.js";
import type { Identity, Plugin, SamlProfile } from "../../src/plugin.js";

const EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

function profile(
  nameId: string,
  attributes: Record<string, string[]> = {},
  nameIdFormat: string | undefined = EMAIL_FORMAT,
): SamlProfile {
  return { nameId, nameIdFormat, attributes: new Map(Object.entries(attributes)) };
}

function identity(plugin: Plugin, read: SamlProfile): Identity | undefined {
  return plugin.readIdentity?.(read);
}

describe("an assertion from Okta", () => {
  it("is read by the names of the set-up guide", () => {
    const read = profile("zoe@acorn.example", {
      email: ["zoe.m@acorn.example"],
      firstName: ["Zoë"],
      lastName: ["Müller"],
      displayName: ["Zoë Müller"],
      groups: ["Support", "", "Everyone"],
    });

    expect(identity(okta(), read)).toEqual({
      userName: "zoe@acorn.example",
      email: "zoe.m@acorn.example",
      givenName: "Zoë",
      familyName: "Müller",
      displayName: "Zoë Müller",
      groups: ["Support", "Everyone"],
    });
  });

  it("without attributes still names the person, and says nothing about groups", () => {
    expect(identity(okta(), profile("zoe@acorn.example"))).toEqual({
      userName: "zoe@acorn.example",
      email: "zoe@acorn.example",
    });
  });

  it("whose NameID is no name may name the person in an attribute", () => {
    const read = profile("00u1", { login: ["zoe@acorn.example"], email: [""] }, PERSISTENT);

    expect(identity(okta(), read)).toEqual({ userName: "zoe@acorn.example" });
  });
});

describe("an assertion from Entra", () => {
  const claims = {
    "http://schemas.microsoft.com/identity/claims/tenantid": ["t"],
    "http://schemas.microsoft.com/identity/claims/objectidentifier": ["o"],
    "http://schemas.microsoft.com/identity/claims/displayname": ["Zoë Müller"],
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups": ["5581e43f", "07dd8a89"],
    [`${CLAIMS}/givenname`]: ["Zoë"],
    [`${CLAIMS}/surname`]: ["Müller"],
    [`${CLAIMS}/emailaddress`]: ["zoe@acorn.example"],
    [`${CLAIMS}/name`]: ["zoe@acorn.onmicrosoft.com"],
  };

  it("is read by its default claims", () => {
    expect(identity(entra(), profile("zoe@acorn.onmicrosoft.com", claims))).toEqual({
      userName: "zoe@acorn.onmicrosoft.com",
      externalId: "o",
      email: "zoe@acorn.example",
      givenName: "Zoë",
      familyName: "Müller",
      displayName: "Zoë Müller",
      groups: ["5581e43f", "07dd8a89"],
    });
  });

  it("with an opaque NameID names the person by the user principal name", () => {
    const read = profile("m_H3naDei2LNxUmEcWd0BZlNi_jVET1pMLR6iQSuYmo", claims, PERSISTENT);

    expect(identity(entra(), read)?.userName).toBe("zoe@acorn.onmicrosoft.com");
  });

  it("with a link in place of the groups says nothing about groups", () => {
    const { "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups": groups, ...rest } =
      claims;
    const link = {
      "http://schemas.microsoft.com/claims/groups.link": [
        "https://graph.windows.net/t/users/o/getMemberObjects",
      ],
    };

    expect(groups).toHaveLength(2);
    expect(identity(entra(), profile("z@x", { ...rest, ...link }))).not.toHaveProperty("groups");
    expect(identity(entra(), profile("z@x", { ...claims, ...link }))).not.toHaveProperty("groups");
  });
});

describe("an assertion from the other providers", () => {
  const X500 = {
    email: "urn:oid:1.2.840.113549.1.9.1",
    given: "urn:oid:2.5.4.42",
    sn: "urn:oid:2.5.4.4",
  };
  const UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

  // prettier-ignore
  it.each<[string, SamlProfile, Identity]>([
    ["google",    profile("zoe@a.example", { email: ["zoe@a.example"], firstName: ["Zoë"], lastName: ["Müller"], groups: ["Support"] }),
                  { userName: "zoe@a.example", email: "zoe@a.example", givenName: "Zoë", familyName: "Müller", groups: ["Support"] }],
    ["onelogin",  profile("zoe@a.example", { "User.email": ["z.m@a.example"], "User.FirstName": ["Zoë"], "User.LastName": ["Müller"], memberOf: ["Support", ""] }),
                  { userName: "zoe@a.example", email: "z.m@a.example", givenName: "Zoë", familyName: "Müller", groups: ["Support"] }],
    ["jumpcloud", profile("zoe@a.example", { email: ["zoe@a.example"], firstName: ["Zoë"], lastName: ["Müller"], displayName: ["Zoë M"], memberOf: ["Support"] }),
                  { userName: "zoe@a.example", email: "zoe@a.example", givenName: "Zoë", familyName: "Müller", displayName: "Zoë M", groups: ["Support"] }],
    ["ping",      profile("zoe", { email: ["zoe@a.example"], given_name: ["Zoë"], family_name: ["Müller"], groups: ["Support"] }, UNSPECIFIED),
                  { userName: "zoe", email: "zoe@a.example", givenName: "Zoë", familyName: "Müller", groups: ["Support"] }],
    ["keycloak",  profile("zoe", { [X500.email]: ["zoe@a.example"], [X500.given]: ["Zoë"], [X500.sn]: ["Müller"], Role: ["offline_access"] }, UNSPECIFIED),
                  { userName: "zoe", email: "zoe@a.example", givenName: "Zoë", familyName: "Müller" }],
    ["keycloak",  profile("zoe", { groups: ["/Support", "/Sales/Leads", "Plain"] }, UNSPECIFIED),
                  { userName: "zoe", groups: ["Support", "/Sales/Leads", "Plain"] }],
    ["keycloak",  profile("G-7c5f0d3e", { username: ["zoe"] }, PERSISTENT), { userName: "zoe" }],
    ["ping",      profile("f81d4fae", { email: ["zoe@a.example"] }, TRANSIENT), { userName: "zoe@a.example", email: "zoe@a.example", isNamedByAddress: true }],
  ])("%s is read by its own names", (id, read, expected) => {
    expect(builtInPlugins[id]?.readIdentity?.(read)).toEqual(expected);
  });

  it.each(["google", "onelogin", "jumpcloud", "ping", "keycloak"])(
    "%s that names nobody is refused",
    (id) => {
      expect(() => builtInPlugins[id]?.readIdentity?.(profile("_8f2c", {}, TRANSIENT))).toThrow(
        SeatkeeperError,
      );
    },
  );
});

describe("an assertion from any provider", () => {
  // prettier-ignore
  it.each<[string, SamlProfile, Partial<Identity>]>([
    ["an address as NameID",            profile("zoe@x.example"),                                                         { userName: "zoe@x.example", email: "zoe@x.example" }],
    ["an address before an attribute",  profile("zoe@x.example", { uid: ["zm"] }),                                        { userName: "zoe@x.example", email: "zoe@x.example" }],
    ["an opaque NameID and uid",        profile("x7", { UID: ["zm"], Mail: ["zoe@x.example"] }, PERSISTENT),              { userName: "zm", email: "zoe@x.example" }],
    ["an opaque NameID and mail",       profile("x7", { "urn:oid:0.9.2342.19200300.100.1.3": ["zoe@x.example"] }, PERSISTENT), { userName: "zoe@x.example", email: "zoe@x.example", isNamedByAddress: true }],
    ["an opaque NameID alone",          profile("x7", {}, PERSISTENT),                                                    { userName: "x7" }],
    ["a transient address and uid",     profile("t@t", { uid: ["zm"] }, TRANSIENT),                                       { userName: "zm", email: "t@t" }],
    ["LDAP names",                      profile("z@x", { "urn:oid:2.5.4.42": ["Zoë"], "urn:oid:2.5.4.4": ["Müller"], "urn:oid:2.16.840.1.113730.3.1.241": ["Zoë M"] }),
                                                                                                                          { userName: "z@x", email: "z@x", givenName: "Zoë", familyName: "Müller", displayName: "Zoë M" }],
    ["plain names",                     profile("z@x", { firstName: ["Zoë"], lastName: ["Müller"], groups: ["a"], cn: ["ZM"] }),
                                                                                                                          { userName: "z@x", email: "z@x", givenName: "Zoë", familyName: "Müller", displayName: "ZM", groups: ["a"] }],
    ["groups that are none",            profile("z@x", { memberOf: [] }),                                                 { userName: "z@x", email: "z@x", groups: [] }],
    ["what is no address",              profile("a@b@c", { mail: ["z@x"] }, undefined),                                   { userName: "z@x", email: "z@x", isNamedByAddress: true }],
  ])("with %s is read", (_name, read, expected) => {
    expect(readIdentity(read)).toEqual(expected);
  });

  it.each([profile("_8f2c", {}, TRANSIENT), profile(" ", {}, PERSISTENT)])(
    "that names nobody is refused",
    (read) => {
      expect(() => readIdentity(read)).toThrow(SeatkeeperError);
    },
  );
});

describe("claims that only some providers send", () => {
  it("of AD FS are known by the names of all its generations", () => {
    const adfs = "http://schemas.xmlsoap.org/claims";
    const read = profile(
      "S-1-5-21-1",
      {
        [`${adfs}/UPN`]: ["zoe@acorn.example"],
        [`${adfs}/EmailAddress`]: ["zoe.m@acorn.example"],
        [`${CLAIMS}/givenname`]: ["Zoë"],
        [`${CLAIMS}/surname`]: ["Müller"],
        [`${adfs}/CommonName`]: ["Zoë Müller"],
        [`${adfs}/Group`]: ["Support", "Domain Users"],
      },
      PERSISTENT,
    );

    expect(readIdentity(read)).toEqual({
      userName: "zoe@acorn.example",
      email: "zoe.m@acorn.example",
      givenName: "Zoë",
      familyName: "Müller",
      displayName: "Zoë Müller",
      groups: ["Support", "Domain Users"],
    });
  });

  it("tell the identifier that SCIM calls externalId", () => {
    const object = { "http://schemas.microsoft.com/identity/claims/objectidentifier": ["o-1"] };

    expect(identity(entra(), profile("zoe@acorn.example", object))?.externalId).toBe("o-1");
    expect(identity(okta(), profile("zoe", { externalId: ["e-1"] }))?.externalId).toBe("e-1");
    expect(readIdentity(profile("zoe", { ExternalId: ["e-1"] })).externalId).toBe("e-1");
  });

  it.each([
    "http://schemas.microsoft.com/claims/groups.link",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups.link",
  ])("%s in place of groups leaves them unknown, also without the plugin", (link) => {
    const read = profile("zoe", { groups: ["a"], [link]: ["https://graph.example"] });

    expect(readIdentity(read)).not.toHaveProperty("groups");
  });

  it("say when the address alone is the name", () => {
    const mail = { mail: ["zoe@acorn.example"] };

    expect(readIdentity(profile("x1", mail, PERSISTENT))).toMatchObject({
      userName: "zoe@acorn.example",
      isNamedByAddress: true,
    });
    expect(readIdentity(profile("zoe@acorn.example", mail))).not.toHaveProperty("isNamedByAddress");
    expect(readIdentity(profile("x1", { ...mail, uid: ["zoe"] }, PERSISTENT))).not.toHaveProperty(
      "isNamedByAddress",
    );
  });
});
