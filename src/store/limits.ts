import { SeatkeeperError } from "../errors.js";

/**
 * How long stored text may be, in UTF-16 code units (a character of the column is never less), and the checks before
 * a statement. Databases differ in what they do with a value that is too long; nobody finds out.
 */
export const LIMITS = {
  id: 64,
  slug: 64,
  name: 256,
  userName: 256,
  externalId: 512,
  displayName: 1024,
  memberDisplay: 256,
  email: 512,
  nameId: 512,
  label: 256,
  word: 128,
  address: 2048,
  requestId: 256,
  documentCharacters: 1_000_000,
} as const;

/** Folding may lengthen text (one character can become three); these are the widths of the folded columns. */
export const KEY_LIMITS = { userName: 512, displayName: 2048, email: 512 } as const;

/** Half of a surrogate pair has no UTF-8 form, and NUL ends text for some functions of SQLite. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

const ID = /^[\x21-\x7e]{1,64}$/;

/** Anything else cannot be the id of a stored row, so there is no need to ask the database. */
export function isStorableId(id: string): boolean {
  return ID.test(id);
}

/** @throws SeatkeeperError InvalidValue naming the attribute. */
export function checkText(field: string, value: string, max: number): string {
  if (value.length > max) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: `The value of ${field} is longer than ${max} characters.`,
      field,
    });
  }
  if (!isStorable(value)) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: `The value of ${field} contains a character that cannot be stored.`,
      field,
    });
  }
  return value;
}

export function checkOptional(field: string, value: string | null, max: number): string | null {
  return value === null ? null : checkText(field, value, max);
}

export function checkId(id: string): string {
  if (!isStorableId(id)) {
    throw new SeatkeeperError("InvalidValue", { detail: `"${id}" cannot be an id`, field: "id" });
  }
  return id;
}

/** The text that is stored for a document; JSON.parse gives back exactly what JSON.stringify can express. */
export function documentText(field: string, value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length > LIMITS.documentCharacters) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: `The value of ${field} is longer than ${LIMITS.documentCharacters} characters.`,
      field,
    });
  }
  return text;
}
