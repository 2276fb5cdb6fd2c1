import { foldName } from "../domain/directory.js";
import type { JsonObject, JsonValue } from "../plugin.js";

/**
 * The search form of a document: a second JSON text beside the document on which filters work, so that no filter
 * depends on what a database thinks about letter case, Unicode, types or dates. Each value is stored under names that
 * tell its form:
 *
 *   "s:name"  text, folded (`fold`)           "x:name"  the exact text, only where it differs
 *   "d:name"  text that is a date, as ISO 8601 UTC with milliseconds
 *   "n:name"  a number                        "b:name"  a boolean, as 0 or 1
 *   "o:name"  a complex value                 "a:name"  a list; its simple elements have the name ""
 *
 * Names are in lower case. Null, "", empty lists and complex values without any part are left out: they are "absent".
 * An element of a list keeps its place even if it is empty.
 */
export interface SearchForm {
  [name: string]: string | number | SearchForm | SearchForm[];
}

/** MariaDB reads JSON to a depth of 32. */
const DEPTH_MAX = 12;
const DATE = /^\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(Z|z|[+-]\d\d:\d\d)?)?$/;

/** Folding is the domain's: the same for user names, filters and what is searched. */
export function fold(text: string): string {
  return searchable(foldName(text));
}

/** Half a surrogate pair is no valid JSON for MySQL, and NUL ends a text for SQLite. */
export function searchable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

export function searchText(document: JsonObject): string {
  return JSON.stringify(searchForm(document, 0));
}

function searchForm(object: JsonObject, depth: number): SearchForm {
  const form: SearchForm = {};
  for (const name in object) {
    addValue(form, searchable(name.toLowerCase()), object[name] ?? null, depth);
  }
  return form;
}

function addValue(form: SearchForm, name: string, value: JsonValue, depth: number): void {
  if (typeof value === "string") {
    if (value !== "") {
      addText(form, name, value);
    }
  } else if (typeof value === "number") {
    form[`n:${name}`] = value;
  } else if (typeof value === "boolean") {
    form[`b:${name}`] = value ? 1 : 0;
  } else if (value !== null && depth < DEPTH_MAX) {
    addComplex(form, name, value, depth + 1);
  }
}

function addText(form: SearchForm, name: string, value: string): void {
  const exact = searchable(value);
  const folded = fold(value);
  form[`s:${name}`] = folded;
  if (exact !== folded) {
    form[`x:${name}`] = exact;
  }
  const time = dateText(value);
  if (time !== null) {
    form[`d:${name}`] = time;
  }
}

/** A time without zone is UTC, as everywhere in the directory. */
function dateText(value: string): string | null {
  const match = DATE.exec(value);
  if (match === null) {
    return null;
  }
  const time = Date.parse(value.length > 10 && match[1] === undefined ? `${value}Z` : value);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function addComplex(
  form: SearchForm,
  name: string,
  value: JsonObject | JsonValue[],
  depth: number,
): void {
  if (!Array.isArray(value)) {
    const inner = searchForm(value, depth);
    if (Object.keys(inner).length > 0) {
      form[`o:${name}`] = inner;
    }
    return;
  }
  const elements = value.map((element) => elementForm(element, depth));
  if (elements.length > 0) {
    form[`a:${name}`] = elements;
  }
}

function elementForm(element: JsonValue, depth: number): SearchForm {
  if (typeof element === "object" && element !== null && !Array.isArray(element)) {
    return searchForm(element, depth);
  }
  const form: SearchForm = {};
  addValue(form, "", element, depth);
  return form;
}
