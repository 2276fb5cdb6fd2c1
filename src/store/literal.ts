import type { SqlValue } from "./sql.js";

/**
 * A value as it stands in the text of a statement to MySQL or MariaDB. Between single quotes only the quote and the backslash
 * mean anything, in every mode that our sessions have (src/store/mysql.ts sets it; the connection speaks UTF-8, in which no
 * byte of another character is either of them). Drivers also escape double quotes, which are a tenth of every document.
 *
 * @throws TypeError for a number that no literal can express
 */
export function literal(value: SqlValue): string {
  if (typeof value === "string") return `'${SPECIAL.test(value) ? escaped(value) : value}'`;
  if (typeof value === "number") return numeral(value);
  if (value === null) return "NULL";
  return value ? "TRUE" : "FALSE";
}

const SPECIAL = /['\\]/;
const EACH = /['\\]/g;

function escaped(text: string): string {
  return text.replace(EACH, "\\$&");
}

function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${String(value)} is no number for a statement`);
  return String(value);
}
