import { SeatkeeperError } from "../../errors.js";
import type { Dialect } from "../dialect.js";

/** Reading the search form (src/store/search.ts) in SQL. */

/** How a value is compared; each is stored under a name of its own. */
export type Form = "folded" | "exact" | "date" | "number" | "boolean";

/** What attribute names are made of, URNs included; nothing that could end a quoted name in a path. */
const NAME = /^[A-Za-z0-9$:._-]+$/;

/** Names are part of the statement's text: MySQL's JSON_TABLE takes no variable as path. */
function step(kind: "o" | "a" | "s" | "x" | "d" | "n" | "b", name: string): string {
  if (name !== "" && !NAME.test(name)) {
    throw new SeatkeeperError("InvalidFilter", { detail: `attribute name "${name}"` });
  }
  return `."${kind}:${name.toLowerCase()}"`;
}

export function objectPath(names: readonly string[]): string {
  return names.map((name) => step("o", name)).join("");
}

export function listPath(names: readonly string[]): string {
  return objectPath(names.slice(0, -1)) + step("a", names.at(-1) ?? "");
}

/** The value that `names` lead to from `holder`; NULL when absent. No names: a simple element itself. */
export function valueAt(
  dialect: Dialect,
  holder: string,
  names: readonly string[],
  form: Form,
): string {
  const inside = `$${objectPath(names.slice(0, -1))}`;
  const name = names.at(-1) ?? "";
  const read = (kind: "s" | "x" | "d" | "n" | "b") =>
    extract(dialect, holder, inside + step(kind, name));
  switch (form) {
    case "folded":
      return `${read("s")}${dialect.collate}`;
    case "exact":
      return `COALESCE(${read("x")}, ${read("s")})${dialect.collate}`;
    case "date":
      return `COALESCE(${read("d")}, ${read("x")}, ${read("s")})${dialect.collate}`;
    case "number":
      return `(${read("n")} + 0e0)`;
    case "boolean":
      return `(${read("b")} + 0)`;
  }
}

export function hasObject(dialect: Dialect, holder: string, names: readonly string[]): string {
  return `${extract(dialect, holder, `$${objectPath(names)}`)} IS NOT NULL`;
}

function extract(dialect: Dialect, holder: string, path: string): string {
  return dialect.name === "sqlite"
    ? `json_extract(${holder}, '${path}')`
    : `JSON_UNQUOTE(JSON_EXTRACT(${holder}, '${path}'))`;
}

/** The elements of a list as rows with `value` and `place`. */
export function elements(
  dialect: Dialect,
  holder: string,
  names: readonly string[],
  alias: string,
): string {
  const path = `$${listPath(names)}`;
  return dialect.name === "sqlite"
    ? `(SELECT value, key AS place FROM json_each(${holder}, '${path}')) AS ${alias}`
    : `JSON_TABLE(${holder}, '${path}[*]' COLUMNS (place FOR ORDINALITY, value JSON PATH '$')) AS ${alias}`;
}

/** An element that has at least one part. */
export function isNotEmpty(dialect: Dialect, element: string): string {
  return dialect.name === "sqlite" ? `${element} <> '{}'` : `JSON_LENGTH(${element}) > 0`;
}
