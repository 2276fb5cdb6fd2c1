import type { Fields } from "../../support/samlIdp.js";

/** Changes of a response's text that work on the responses of every provider, whatever order its attributes have. */
export type Edit = (xml: string) => string;

/** The attribute of the first element of that name; `undefined` takes it away. */
export function set(element: string, attribute: string, value: string | undefined): Edit {
  const tag = new RegExp(`<${element}(?=[\\s/>])[^>]*>`);
  const old = new RegExp(`\\s${attribute}="[^"]*"`);
  const written = value === undefined ? "" : ` ${attribute}="${value}"`;
  return (xml) =>
    xml.replace(tag, (found) =>
      found.replace(old, "").replace(`<${element}`, () => `<${element}${written}`),
    );
}

/** What stands between the tags of the first element of that name. */
export function fill(element: string, inner: string): Edit {
  const whole = new RegExp(`(<${element}(?=[\\s/>])[^>]*>)[\\s\\S]*?(</${element}>)`);
  return (xml) => xml.replace(whole, (_, open: string, close: string) => open + inner + close);
}

/** The first element of that name, whole. */
export function drop(element: string): Edit {
  const whole = new RegExp(`<${element}(?=[\\s/>])(?:[^>]*/>|[\\s\\S]*?</${element}>)`);
  return (xml) => xml.replace(whole, "");
}

/** Only in the assertion. */
export function inAssertion(edit: Edit): Edit {
  return (xml) => {
    const { before, assertion, after } = partsOf(xml);
    return before + edit(assertion) + after;
  };
}

/** In front of the last place where this text stands. */
export function beforeLast(text: string, added: string): Edit {
  return (xml) => {
    const index = xml.lastIndexOf(text);
    return index === -1 ? xml : xml.slice(0, index) + added + xml.slice(index);
  };
}

/** From the first begin of an assertion to the last end of one. */
export function partsOf(xml: string): { before: string; assertion: string; after: string } {
  const start = xml.indexOf("<saml:Assertion");
  const close = xml.lastIndexOf("</saml:Assertion>");
  if (start === -1 || close === -1) return { before: xml, assertion: "", after: "" };
  const end = close + "</saml:Assertion>".length;
  return { before: xml.slice(0, start), assertion: xml.slice(start, end), after: xml.slice(end) };
}

export function withoutSignatures(xml: string): string {
  return xml.replace(/<ds:Signature[ >][\s\S]*?<\/ds:Signature>/g, "");
}

export function idsOf(xml: string): { response: string; assertion: string } {
  const id = (element: string) =>
    new RegExp(`<${element}\\s[^>]*?\\bID="([^"]*)"`).exec(xml)?.[1] ?? "";
  return { response: id("samlp:Response"), assertion: id("saml:Assertion") };
}

type Editor<K extends keyof Fields> = (value: Fields[K]) => Edit;

const DATA = "saml:SubjectConfirmationData";
const attribute =
  (element: string, name: string) =>
  (value: string | undefined): Edit =>
    set(element, name, value);
const optional =
  (element: string) =>
  (value: string | undefined): Edit =>
    value === undefined ? drop(element) : fill(element, value);
const present =
  (element: string) =>
  (value: boolean): Edit =>
    value ? (xml) => xml : drop(element);

/** What each field of the scripted provider's responses is in the text. */
const EDITORS: { readonly [K in keyof Fields]?: Editor<K> } = {
  version: (value) => (xml) =>
    inAssertion(set("saml:Assertion", "Version", value))(
      set("samlp:Response", "Version", value)(xml),
    ),
  responseIssuer: optional("saml:Issuer"),
  issuer: (value) => inAssertion(optional("saml:Issuer")(value)),
  responseIssuedAt: attribute("samlp:Response", "IssueInstant"),
  issuedAt: attribute("saml:Assertion", "IssueInstant"),
  destination: attribute("samlp:Response", "Destination"),
  inResponseTo: attribute("samlp:Response", "InResponseTo"),
  status: attribute("samlp:StatusCode", "Value"),
  nameId: optional("saml:NameID"),
  nameIdFormat: attribute("saml:NameID", "Format"),
  spNameQualifier: attribute("saml:NameID", "SPNameQualifier"),
  confirmation: present("saml:SubjectConfirmation"),
  method: attribute("saml:SubjectConfirmation", "Method"),
  recipient: attribute(DATA, "Recipient"),
  confirmationNotBefore: attribute(DATA, "NotBefore"),
  confirmationNotOnOrAfter: attribute(DATA, "NotOnOrAfter"),
  confirmationInResponseTo: attribute(DATA, "InResponseTo"),
  conditions: present("saml:Conditions"),
  notBefore: attribute("saml:Conditions", "NotBefore"),
  notOnOrAfter: attribute("saml:Conditions", "NotOnOrAfter"),
  audiences: (value) =>
    fill(
      "saml:Conditions",
      value
        .map(
          (one) =>
            `<saml:AudienceRestriction><saml:Audience>${one}</saml:Audience></saml:AudienceRestriction>`,
        )
        .join(""),
    ),
  authnStatement: present("saml:AuthnStatement"),
  authnInstant: attribute("saml:AuthnStatement", "AuthnInstant"),
  sessionNotOnOrAfter: attribute("saml:AuthnStatement", "SessionNotOnOrAfter"),
  authnContext: (value) => fill("saml:AuthnContextClassRef", value),
  inAssertion: (value) => beforeLast("</saml:Assertion>", value),
  inResponse: (value) => beforeLast("</samlp:Response>", value),
};

/** The unsigned response of any provider with these differences. */
export function withFields(xml: string, change: Partial<Fields>): string {
  let changed = xml;
  for (const [name, value] of Object.entries(change)) {
    const editor = EDITORS[name as keyof Fields] as ((value: unknown) => Edit) | undefined;
    if (editor === undefined) throw new Error(`no way to change ${name}`);
    changed = editor(value)(changed);
  }
  return changed;
}
