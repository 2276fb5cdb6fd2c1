import type { CurrentPerson, DialectId } from "../state.js";
import type { SamlAttribute } from "./response.js";

/** What each provider calls the same facts in its assertions, with its default settings. */
type Fact = "userName" | "email" | "givenName" | "familyName" | "displayName" | "id";

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT_CLAIMS = "http://schemas.microsoft.com/identity/claims";

const NAMES: Readonly<Record<DialectId, readonly (readonly [name: string, fact: Fact])[]>> = {
  generic: [
    ["userName", "userName"],
    ["email", "email"],
    ["givenName", "givenName"],
    ["familyName", "familyName"],
    ["displayName", "displayName"],
  ],
  okta: [
    ["login", "userName"],
    ["email", "email"],
    ["firstName", "givenName"],
    ["lastName", "familyName"],
    ["displayName", "displayName"],
  ],
  entra: [
    [`${MICROSOFT_CLAIMS}/objectidentifier`, "id"],
    [`${MICROSOFT_CLAIMS}/displayname`, "displayName"],
    [`${CLAIMS}/name`, "userName"],
    [`${CLAIMS}/emailaddress`, "email"],
    [`${CLAIMS}/givenname`, "givenName"],
    [`${CLAIMS}/surname`, "familyName"],
  ],
};

/** Groups are left to SCIM: an assertion that says nothing about them changes nothing. */
export function attributesOf(person: CurrentPerson, dialect: DialectId): SamlAttribute[] {
  const facts: Readonly<Record<Fact, string>> = {
    id: person.externalId,
    userName: person.userName,
    email: person.userName,
    givenName: person.givenName,
    familyName: person.familyName,
    displayName: person.displayName,
  };
  return NAMES[dialect].map(([name, fact]) => ({ name, values: [facts[fact]] }));
}
