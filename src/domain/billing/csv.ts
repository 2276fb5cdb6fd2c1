/** Tables for spreadsheets (RFC 4180), which must not run what a name contains. */

export type Cell = string | number | null;

/** `numbers`: columns of our own numbers, which may begin with a minus. */
export function csvText(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Cell>>[],
  numbers: ReadonlySet<string>,
): string {
  const lines = [
    columns,
    ...rows.map((row) => columns.map((name) => cellText(row[name] ?? null, numbers.has(name)))),
  ];
  return lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/**
 * A spreadsheet takes a text that begins like this for a formula, also behind blanks. An apostrophe in front makes it a
 * text again (OWASP, CSV injection).
 */
const FORMULA = /^[\s\p{Cc}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

/**
 * The same behind what another spreadsheet splits at. Quotes are no help there: it sees one only where its own field
 * begins, and takes a line break within a text for the end of the row.
 */
const FORMULA_LATER = /([;|\t\r\n])(?=[\s\p{Cc}"]*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

function cellText(value: Cell, isNumber: boolean): string {
  if (value === null) return "";
  const text = String(value);
  if (isNumber) return text;
  const begun = FORMULA.test(text) ? `'${text}` : text;
  return begun.replace(FORMULA_LATER, "$1'");
}

function quoted(text: string): string {
  return /[",;|\t\r\n']|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
