import type { PapersChanges } from "../../domain/administration/papers.js";
import { replaceExisting } from "../dialect.js";
import {
  INVITATION_CHANGEABLE,
  INVITATION_KEY,
  invitationValues,
  PRINCIPAL_CHANGEABLE,
  PRINCIPAL_KEY,
  principalValues,
  PURCHASE_CHANGEABLE,
  PURCHASE_KEY,
  purchaseValues,
} from "../rows/papers.js";
import { insertRows, runIn } from "../sql.js";
import type { SqlValue } from "../sql.js";
import type { SaveContext } from "./context.js";

/** Each is inserted or takes the place of the one with its id; the organisation's lock keeps others away meanwhile. */
export async function savePapers(context: SaveContext, changes: PapersChanges): Promise<void> {
  const { principalsSaved, invitationsSaved, purchasesSaved } = changes;
  await replace(
    context,
    "principals",
    PRINCIPAL_KEY,
    PRINCIPAL_CHANGEABLE,
    principalsSaved.map(principalValues),
  );
  await replace(
    context,
    "invitations",
    INVITATION_KEY,
    INVITATION_CHANGEABLE,
    invitationsSaved.map(invitationValues),
  );
  await replace(
    context,
    "purchases",
    PURCHASE_KEY,
    PURCHASE_CHANGEABLE,
    purchasesSaved.map(purchaseValues),
  );
}

function replace(
  { sql }: SaveContext,
  table: string,
  key: readonly string[],
  changeable: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const columns = [...key, ...changeable];
  return insertRows(sql, table, columns, rows, replaceExisting(sql.dialect, key, changeable));
}

/** In the same commit as the end of the account; who comes back has to be granted anew. */
export async function endPrincipalsOf(
  { sql, organisationId, now }: SaveContext,
  userIds: readonly string[],
): Promise<void> {
  await runIn(
    sql,
    userIds,
    (list) =>
      `UPDATE principals SET endedAt = ? WHERE organisationId = ? AND endedAt IS NULL AND userId IN (${list})`,
    [now, organisationId],
  );
}

/** Addresses that people were invited at go with them. */
export async function eraseInvitations(
  { sql, organisationId }: SaveContext,
  userIds: readonly string[],
  addressKeys: readonly string[],
): Promise<void> {
  const remove = (items: readonly string[], column: string) =>
    runIn(
      sql,
      items,
      (list) => `DELETE FROM invitations WHERE organisationId = ? AND ${column} IN (${list})`,
      [organisationId],
    );
  await remove(userIds, "userId");
  await remove(addressKeys, "addressKey");
}
