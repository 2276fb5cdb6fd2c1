import type { Sql } from "../sql.js";
import { addColumn, columnTypes } from "./schema.js";

/**
 * Whose people a connection knows when its SAML has ended, and how often it has forgotten all of them. The provider of a
 * connection with SAML is in its settings. Of whom SAML had ended before this, nobody knows: null, which is no provider's,
 * so that setting SAML anew forgets those links.
 */
export async function addLastProvider(sql: Sql): Promise<void> {
  const { long, integer } = columnTypes(sql.dialect);
  await addColumn(sql, "connections", "lastProvider", long);
  await addColumn(sql, "connections", "linkGeneration", `${integer} NOT NULL DEFAULT 0`);
}
