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

function cellText(value: Cell, isNumber: boolean): string {
  if (value === null) return "";
  const text = String(value);
  return !isNumber && FORMULA.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n']|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
