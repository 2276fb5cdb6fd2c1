import { createHash, createPrivateKey, sign, type KeyObject } from "node:crypto";

/**
 * Signs as samlIdp.ts does through xml-crypto, in a twentieth of the time: what is plain enough needs no tree. Null where it is not,
 * and somebody else has to sign.
 */
export interface QuickSigning {
  readonly privateKey: string;
  readonly certificate: string;
  readonly keyInfo?: boolean;
}

const DS = "http://www.w3.org/2000/09/xmldsig#";
const ENVELOPED = `${DS}enveloped-signature`;
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";

/** @param localName of the root, or of the one child of the root that is called so */
export function quickSigned(xml: string, localName: string, signing: QuickSigning): string | null {
  const target = locate(xml, localName);
  if (target === null) return null;
  const digest = createHash("sha256").update(target.canonical).digest("base64");
  const info = signedInfo(target.id, digest);
  const canonical = info
    .replace("<ds:SignedInfo>", `<ds:SignedInfo xmlns:ds="${DS}">`)
    .replaceAll(/<([\w:]+)( [^>]*)\/>/g, "<$1$2></$1>");
  const value = sign("sha256", Buffer.from(canonical), keyOf(signing.privateKey)).toString(
    "base64",
  );
  const signature = `<ds:Signature xmlns:ds="${DS}">${info}<ds:SignatureValue>${value}</ds:SignatureValue>${keyInfo(signing)}</ds:Signature>`;
  return xml.slice(0, target.place) + signature + xml.slice(target.place);
}

function signedInfo(id: string, digest: string): string {
  const method = (name: string, algorithm: string) => `<ds:${name} Algorithm="${algorithm}"/>`;
  const transforms = method("Transform", ENVELOPED) + method("Transform", EXCLUSIVE);
  return `<ds:SignedInfo>${method("CanonicalizationMethod", EXCLUSIVE)}${method("SignatureMethod", RSA_SHA256)}<ds:Reference URI="#${id}"><ds:Transforms>${transforms}</ds:Transforms>${method("DigestMethod", SHA256)}<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
}

function keyInfo({ keyInfo: isWanted = true, certificate }: QuickSigning): string {
  if (!isWanted) return "";
  const certificates = certificate.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END/g);
  const written = [...certificates].map(
    ([, text = ""]) => `<ds:X509Certificate>${text.replaceAll(/\s/g, "")}</ds:X509Certificate>`,
  );
  return `<ds:KeyInfo><ds:X509Data>${written.join("")}</ds:X509Data></ds:KeyInfo>`;
}

const keys = new Map<string, KeyObject>();

/** Reading a key costs a good part of what signing costs. */
function keyOf(pem: string): KeyObject {
  const key = keys.get(pem) ?? createPrivateKey(pem);
  keys.set(pem, key);
  return key;
}

interface Target {
  readonly id: string;
  readonly canonical: string;
  /** Behind the issuer. */
  readonly place: number;
}

interface Open {
  readonly name: string;
  readonly inScope: ReadonlyMap<string, string>;
  /** What the canonical form has declared so far; undefined outside of the target. */
  readonly rendered: ReadonlyMap<string, string> | undefined;
}

/** Comments, references, line ends and quotes of the other kind are for those who can parse. */
const NOT_PLAIN = /&|<[!?]|\r|='|="[^"]*[\t\n][^"]*"/;
const TOKEN = /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

function locate(xml: string, localName: string): Target | null {
  if (NOT_PLAIN.test(xml)) return null;
  const open: Open[] = [];
  let canonical = "";
  let id: string | undefined;
  let place: number | undefined;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const token = TOKEN.exec(xml);
    if (token === null) return null;
    const [, isEnd = "", name = "", written = "", isEmpty = "", text] = token;
    const around = open.at(-1);
    if (text !== undefined) {
      if (around?.rendered !== undefined) canonical += text.replaceAll(">", "&gt;");
      continue;
    }
    if (isEnd === "") {
      const attributes = attributesOf(written);
      const isTarget = open.length < 2 && localOf(name) === localName;
      if (isTarget && id !== undefined) return null;
      if (isTarget) id = attributes.get("ID");
      if (isTarget && id === undefined) return null;
      const inner = opened(name, attributes, around, isTarget);
      canonical += inner.text;
      open.push(inner);
    }
    if (isEnd !== "" || isEmpty !== "") {
      const closed = open.pop();
      if (closed === undefined || closed.name !== name) return null;
      if (closed.rendered !== undefined) canonical += `</${name}>`;
      const parent = open.at(-1);
      const isChild = parent?.rendered !== undefined && localOf(parent.name) === localName;
      if (isChild && localOf(name) === "Issuer") place ??= TOKEN.lastIndex;
    }
  }
  return id === undefined || place === undefined || open.length > 0
    ? null
    : { id, canonical, place };
}

function opened(
  name: string,
  attributes: ReadonlyMap<string, string>,
  around: Open | undefined,
  isTarget: boolean,
): Open & { readonly text: string } {
  const inScope = new Map(around?.inScope);
  const plain: [name: string, value: string][] = [];
  for (const [key, value] of attributes) {
    if (key === "xmlns") inScope.set("", value);
    else if (key.startsWith("xmlns:")) inScope.set(key.slice("xmlns:".length), value);
    else plain.push([key, value]);
  }
  const before = isTarget ? new Map<string, string>() : around?.rendered;
  if (before === undefined) return { name, inScope, rendered: undefined, text: "" };
  const rendered = new Map(before);
  const used = new Set([prefixOf(name), ...plain.map(([key]) => prefixOf(key)).filter(Boolean)]);
  const declared = [...used].sort().flatMap((prefix) => {
    const uri = inScope.get(prefix) ?? "";
    if ((rendered.get(prefix) ?? "") === uri) return [];
    rendered.set(prefix, uri);
    return [` xmlns${prefix === "" ? "" : `:${prefix}`}="${uri}"`];
  });
  const uriOf = (key: string) => (prefixOf(key) === "" ? "" : (inScope.get(prefixOf(key)) ?? ""));
  const place = (key: string) => `${uriOf(key)} ${localOf(key)}`;
  const sorted = plain.sort(([a], [b]) => (place(a) < place(b) ? -1 : 1));
  const values = sorted.map(([key, value]) => ` ${key}="${value}"`);
  return { name, inScope, rendered, text: `<${name}${declared.join("")}${values.join("")}>` };
}

function attributesOf(written: string): Map<string, string> {
  const found = written.matchAll(/([\w:.-]+)="([^"]*)"/g);
  return new Map([...found].map(([, name = "", value = ""]) => [name, value]));
}

const prefixOf = (name: string) => (name.includes(":") ? name.slice(0, name.indexOf(":")) : "");
const localOf = (name: string) => name.slice(name.indexOf(":") + 1);
