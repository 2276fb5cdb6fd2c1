import { withoutCredentials, WITHHELD } from "../http/logger.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { AttributeTable, ResourceSchema } from "./attribute.js";

/**
 * The copy of a request that the provisioning log keeps: enough to tell what was sent and to send it again, and no
 * secret. A secret leaves a text in its place, so that the request still has the form that it had.
 */

/** A longer body is not kept. In characters of its names and texts. */
const SIZE_MAX = 200_000;
const DEPTH_MAX = 20;

/** What a provider may send although no schema has it. */
const SECRET_NAME =
  /^(?:.*password|passwd|pwd|passphrase|secret|.*[_-]?secret|.*[_-]?token|assertion|client_assertion|samlresponse|authorization|cookie|api[_-]?key|private[_-]?key|credentials?)$/i;

/** Null: too large to be kept. */
export function withoutSecrets(schemas: Schemas, body: JsonValue): { body: JsonValue } | null {
  const copy = new Copy(secretsOf(schemas));
  const kept = copy.of(body, 0);
  return copy.isTooLarge ? null : { body: kept };
}

/** RFC 7644 §3.4.2 and RFC 9865; whatever else a provider adds to an address may be a secret. */
const PARAMETERS = new Set(
  "filter sortby sortorder startindex count attributes excludedattributes cursor".split(" "),
);

export function queryWithoutSecrets(
  query: Readonly<Record<string, string>>,
): Record<string, string> {
  const shown = ([name, value]: [string, string]): [string, string] => [
    name,
    PARAMETERS.has(name.toLowerCase()) ? textWithoutSecrets(value) : WITHHELD,
  ];
  return Object.fromEntries(Object.entries(query).map(shown));
}

/** No filter and no path that can be read is longer. */
const TEXT_MAX = 4_096;

/** Where a path, a filter or a sentence about one compares a secret with something, it ends. */
const COMPARED =
  /((?:passw|pwd|secret|token|assertion|credential)\w{0,64})(?:\s{0,8}\[|\s{1,8}(?:eq|ne|co|sw|ew|gt|ge|lt|le)\b)[\s\S]*/i;

export function textWithoutSecrets(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
  return withoutCredentials(short).replace(COMPARED, `$1 ${WITHHELD}`);
}

class Copy {
  readonly #secrets: Secrets;
  #size = 0;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  get isTooLarge(): boolean {
    return this.#size > SIZE_MAX;
  }

  of(value: JsonValue, depth: number): JsonValue {
    if (this.isTooLarge) return null;
    if (typeof value === "string") {
      this.#size += value.length;
      return withoutCredentials(value);
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
    for (const name in object) isSecretPath ||= this.#isSecretPath(name, object[name] ?? null);
    // A member's display name is a person's name in somebody else's record, where nobody would look for it.
    const isReference =
      typeof object["value"] === "string" && typeof object["display"] === "string";
    const copy: JsonObject = {};
    for (const name in object) {
      const kept = this.#field(name, object[name] ?? null, isSecretPath, depth);
      if (!(isReference && name === "display")) put(copy, name, kept);
    }
    return copy;
  }

  #isSecretPath(name: string, value: JsonValue): boolean {
    return name.toLowerCase() === "path" && typeof value === "string" && this.#secrets.isIn(value);
  }

  #field(name: string, value: JsonValue, isSecretPath: boolean, depth: number): JsonValue {
    this.#size += name.length;
    const key = name.toLowerCase();
    if (key === "path" && typeof value === "string") {
      this.#size += value.length;
      return textWithoutSecrets(value);
    }
    const isSecret = this.#secrets.has(name) || (isSecretPath && key === "value");
    return isSecret ? withheld(value) : this.of(value, depth);
  }
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

/** RFC 7643 §7: what is never returned is a secret, the vendor's own attributes included. */
class Secrets {
  readonly #names: ReadonlySet<string>;
  readonly #judged = new Map<string, boolean>();

  constructor(schemas: Schemas) {
    this.#names = new Set(
      Object.values(schemas).flatMap(({ attributes }) => secretsIn(attributes)),
    );
  }

  /** Any part of "urn:...:User:password" or "password[...].value", letter case ignored (RFC 7643 §2.1). */
  isIn(path: string): boolean {
    return path
      .split(/[:.[\]\s]+/)
      .some((part) => this.#names.has(part.toLowerCase()) || SECRET_NAME.test(part));
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
}

function secretsIn(table: AttributeTable): string[] {
  return [...table.values()].flatMap(({ name, returned, subAttributes }) => [
    ...(returned === "never" ? [name.toLowerCase()] : []),
    ...(subAttributes === null ? [] : secretsIn(subAttributes)),
  ]);
}
