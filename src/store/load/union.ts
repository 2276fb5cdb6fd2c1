import { chunks } from "../sql.js";
import type { Reads, SqlValue } from "../sql.js";

/** A SELECT that may have its own ORDER BY and LIMIT. */
export interface Part {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Below SQLite's 500 terms of a compound SELECT. */
const PARTS_MAX = 100;

/** Several small SELECTs of the same form in one statement: the number of round trips stays the same. */
export async function selectAll<Row extends object>(
  sql: Reads,
  parts: readonly Part[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const chunk of chunks(parts, PARTS_MAX)) {
    // SQLite takes no parentheses around the parts, and MySQL plans them much faster than derived tables.
    const text = chunk.map((part, index) =>
      sql.dialect.name === "sqlite"
        ? `SELECT * FROM (${part.text}) AS part${index}`
        : `(${part.text})`,
    );
    rows.push(
      ...(await sql.all<Row>(
        text.join(" UNION ALL "),
        chunk.flatMap((part) => part.values),
      )),
    );
  }
  return rows;
}
