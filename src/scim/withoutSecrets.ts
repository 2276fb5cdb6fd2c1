import { withoutCredentials, WITHHELD } from "../http/credentials.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { AttributeTable, ResourceSchema } from "./attribute.js";
import { namesSecret, SECRET_WORDS } from "./secretNames.js";

/**
 * The copy of a request that the provisioning log keeps: enough to tell what was sent and to send it again, and no
 * secret. A secret leaves a text in its place, so that the request still has the form that it had.
 */

/** A longer body is not kept. In characters of its names and texts. */
const SIZE_MAX = 200_000;
const DEPTH_MAX = 20;

/** Harmless as a part of a longer name. */
const SECRET_NAME = /^(?:authorization|cookie)$/i;

/** What an object may call the attribute that its `value` is of: a patch operation, and what is no SCIM at all. */
const LABELS = new Set(
  "path name attribute attributename attributepath attr key field property type".split(" "),
);
const LABELLED = /value/i;
/** Where an object belongs, so that a text there is one that hides an object. */
const MESSAGE_PARTS = new Set(["operations", "data"]);

/** Null: too large to be kept. */
export function withoutSecrets(schemas: Schemas, body: JsonValue): { body: JsonValue } | null {
  const copy = new Copy(secretsOf(schemas));
  const kept = copy.ofMessage(body, 0);
  return copy.isTooLarge ? null : { body: kept };
}

/** RFC 7644 §3.4.2 and RFC 9865; whatever else a provider adds to an address may be a secret. */
const PARAMETERS = new Set(
  "filter sortby sortorder startindex count attributes excludedattributes cursor".split(" "),
);

export function queryWithoutSecrets(
  schemas: Schemas,
  query: Readonly<Record<string, string>>,
): Record<string, string> {
  const shown = ([name, value]: [string, string]): [string, string] => [
    name,
    PARAMETERS.has(name.toLowerCase()) ? textWithoutSecrets(schemas, value) : WITHHELD,
  ];
  return Object.fromEntries(Object.entries(query).map(shown));
}

/** A path, a filter, an address. */
export function textWithoutSecrets(schemas: Schemas, text: string): string {
  return secretsOf(schemas).cut(text);
}

/** @param request what the log keeps of it. Where something was withheld there, a sentence must not repeat it. */
export function sentenceWithoutSecrets(
  schemas: Schemas,
  sentence: string,
  request: () => JsonValue,
): string {
  const told = secretsOf(schemas).told(sentence);
  const repeats = REPEATED.test(told) && JSON.stringify(request()).includes(WITHHELD);
  return repeats ? told.replace(REPEATED, `, not ${WITHHELD}`) : told;
}

/** "... was expected, not \"= abc\"": the rest of the path or filter, without the name before it. */
const REPEATED = /, not "(?:[^"\\]|\\.)*"/;

class Copy {
  readonly #secrets: Secrets;
  #size = 0;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  get isTooLarge(): boolean {
    return this.#size > SIZE_MAX;
  }

  /** A whole body, or another place where objects belong: whatever text stands there may hide one. */
  ofMessage(value: JsonValue, depth: number): JsonValue {
    const isHiding = (each: JsonValue): boolean =>
      typeof each === "string" && this.#secrets.isIn(unescaped(each));
    if (!Array.isArray(value)) return isHiding(value) ? WITHHELD : this.of(value, depth);
    return value.map((each) => (isHiding(each) ? WITHHELD : this.of(each, depth + 1)));
  }

  of(value: JsonValue, depth: number): JsonValue {
    if (this.isTooLarge) return null;
    if (typeof value === "string") {
      this.#size += value.length;
      const isHiding = HOLDS_JSON.test(value) && this.#secrets.isIn(unescaped(value));
      return isHiding ? WITHHELD : withoutCredentials(value);
    }
    if (typeof value !== "object" || value === null) return value;
    if (depth >= DEPTH_MAX) return WITHHELD;
    this.#size += 2;
    return Array.isArray(value)
      ? value.map((element) => this.of(element, depth + 1))
      : this.#object(value, depth + 1);
  }

  #object(object: JsonObject, depth: number): JsonObject {
    // Names of messages are read in any letter case, and which of two counts is not for us to say.
    let isSecretPath = false;
    for (const name in object) isSecretPath ||= this.#labelsSecret(name, object[name] ?? null);
    // A member's display name is a person's name in somebody else's record, where nobody would look for it.
    const isReference =
      typeof object["value"] === "string" && typeof object["display"] === "string";
    const copy: JsonObject = {};
    for (const name in object) {
      const kept = this.#field(name, object[name] ?? null, isSecretPath, depth);
      if (!(isReference && name === "display")) put(copy, this.#secrets.shown(name), kept);
    }
    return copy;
  }

  #labelsSecret(name: string, value: JsonValue): boolean {
    return LABELS.has(name.toLowerCase()) && this.#secrets.isNamedIn(value, 0);
  }

  #field(name: string, value: JsonValue, isSecretPath: boolean, depth: number): JsonValue {
    this.#size += name.length;
    const key = name.toLowerCase();
    if (LABELS.has(key) && typeof value === "string") {
      this.#size += value.length;
      return this.#secrets.cut(value);
    }
    const isSecret =
      this.#secrets.has(name) ||
      (isSecretPath && LABELLED.test(key)) ||
      (key === "path" && this.#secrets.isNamedIn(value, 0));
    if (isSecret) return withheld(value);
    return MESSAGE_PARTS.has(key) ? this.ofMessage(value, depth) : this.of(value, depth);
  }
}

/** A text that JSON may be read from, once or more often. */
const HOLDS_JSON = /^[\s"'\\]{0,64}[{[]/;

/** "pass\\u0077ord" is a password to whoever reads the JSON. */
function unescaped(text: string): string {
  if (!text.includes("\\u")) return text;
  return text.replace(/\\{1,8}u([0-9a-f]{4})/gi, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** "__proto__" is a name like any other in what a provider sends. */
function put(object: JsonObject, name: string, value: JsonValue): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true });
  } else {
    object[name] = value;
  }
}

/** Null and nothing say that a secret is cleared, and tell nothing else. */
function withheld(value: JsonValue): JsonValue {
  return value === null || value === "" ? value : WITHHELD;
}

/** Of all resource types. */
export type Schemas = Readonly<Record<string, ResourceSchema>>;

const known = new WeakMap<Schemas, Secrets>();

function secretsOf(schemas: Schemas): Secrets {
  const before = known.get(schemas);
  if (before !== undefined) return before;
  const secrets = new Secrets(schemas);
  known.set(schemas, secrets);
  return secrets;
}

/** Names are few, and each comes with every request. Those that only a stranger makes up must not fill the memory. */
const JUDGED_MAX = 1_000;
const JUDGED_LENGTH_MAX = 200;

/** No filter and no path that can be read is longer. */
const TEXT_MAX = 4_096;

/** What may stand around a name: quotes, escaped or not, and brackets. */
const AROUND = String.raw`[\s"'\\\]]`;
/** What follows the name of a secret where its value is given or compared with something. */
const GIVEN = String.raw`${AROUND}{0,8}[[=(:<>~]|${AROUND}{1,8}(?:eq|ne|co|sw|ew|gt|ge|lt|le)\b|\s{1,8}\\?["'][^"'\\]`;
/** In a path or a filter, whatever follows it but the end and what no value stands behind. */
const FOLLOWED = String.raw`${GIVEN}|${AROUND}{1,8}(?!(?:pr|and|or)\b|${AROUND}|$|[).])`;

/** RFC 7643 §7: what is never returned is a secret, the vendor's own attributes included. */
class Secrets {
  readonly #names: ReadonlySet<string>;
  readonly #given: RegExp;
  readonly #followed: RegExp;
  readonly #judged = new Map<string, boolean>();

  constructor(schemas: Schemas) {
    this.#names = new Set(
      Object.values(schemas).flatMap(({ attributes }) => secretsIn(attributes)),
    );
    const own = [...this.#names].map((name) => `\\b${name.replace(/[^\w-]/g, "\\$&")}\\b`);
    const name = `((?:${[SECRET_WORDS, ...own].join("|")})[\\w.-]{0,64})`;
    this.#given = new RegExp(`${name}(?:${GIVEN})[\\s\\S]*`, "i");
    this.#followed = new RegExp(`${name}(?:${FOLLOWED})[\\s\\S]*`, "i");
  }

  /** Any part of "urn:...:User:password", "password[...].value" or "['password']", letter case ignored (RFC 7643 §2.1). */
  isIn(path: string): boolean {
    return (
      namesSecret(path) ||
      path
        .split(/[^\w-]+/)
        .some((part) => this.#names.has(part.toLowerCase()) || SECRET_NAME.test(part))
    );
  }

  /** `isIn` for the name of an attribute. */
  has(name: string): boolean {
    const before = this.#judged.get(name);
    if (before !== undefined) return before;
    const verdict = this.isIn(name);
    if (this.#judged.size < JUDGED_MAX && name.length <= JUDGED_LENGTH_MAX) {
      this.#judged.set(name, verdict);
    }
    return verdict;
  }

  /** `isIn` for a path that is no string, but may be read as one. */
  isNamedIn(value: JsonValue, depth: number): boolean {
    if (typeof value === "string") return this.isIn(value);
    if (typeof value !== "object" || value === null) return false;
    if (depth >= DEPTH_MAX) return true;
    return Array.isArray(value)
      ? value.some((each) => this.isNamedIn(each, depth + 1))
      : Object.entries(value).some(
          ([name, each]) => this.isIn(name) || this.isNamedIn(each, depth + 1),
        );
  }

  /** A path or a filter up to where it gives a secret. */
  cut(text: string): string {
    return withoutCredentials(shortOf(text).replace(this.#followed, `$1 ${WITHHELD}`));
  }

  /** A sentence, that goes on behind the name of a secret; what it quotes is a path or a part of a filter. */
  told(sentence: string): string {
    const safe = shortOf(sentence).replace(QUOTED, (quoted) => {
      const text = quoted.slice(1, -1);
      const shown = text.replace(this.#followed, `$1 ${WITHHELD}`);
      return `"${shown}"`;
    });
    return withoutCredentials(safe.replace(this.#given, `$1 ${WITHHELD}`));
  }

  /** A name that has a secret in it: "password=abc". */
  shown(name: string): string {
    return this.has(name) ? this.cut(name) : withoutCredentials(name);
  }
}

const QUOTED = /"(?:[^"\\]|\\.)*"/g;

function shortOf(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
}

function secretsIn(table: AttributeTable): string[] {
  return [...table.values()].flatMap(({ name, returned, subAttributes }) => [
    ...(returned === "never" ? [name.toLowerCase()] : []),
    ...(subAttributes === null ? [] : secretsIn(subAttributes)),
  ]);
}
