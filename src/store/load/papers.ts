import type { PapersLoaded, PapersNeeds } from "../../domain/administration/papers.js";
import { isStorableId } from "../limits.js";
import {
  INVITATION_SELECT,
  invitationFromRow,
  type InvitationRow,
  principalFromRow,
  type PrincipalRow,
  PURCHASE_SELECT,
  purchaseFromRow,
  type PurchaseRow,
  STANDING_PRINCIPALS,
} from "../rows/papers.js";
import { selectIn } from "../sql.js";
import type { Sql } from "../sql.js";

/** Who administers, who is invited, what is being bought, as far as a decision asks for it. */
export async function loadPapers(
  sql: Sql,
  organisationId: string,
  needs: PapersNeeds | undefined,
  now: number,
): Promise<{ papers?: PapersLoaded }> {
  if (needs === undefined) return {};
  const [principals, invitations, purchases] = await Promise.all([
    needs.principals === true ? loadPrincipals(sql, organisationId, now) : [],
    loadInvitations(sql, organisationId, needs, now),
    loadPurchases(sql, organisationId, needs, now),
  ]);
  const papers = {
    principals: principals.map(principalFromRow),
    invitations: invitations.map(invitationFromRow),
    purchases: purchases.map(purchaseFromRow),
  };
  return { papers };
}

function loadPrincipals(sql: Sql, organisationId: string, now: number): Promise<PrincipalRow[]> {
  return sql.all<PrincipalRow>(STANDING_PRINCIPALS, [now, organisationId]);
}

async function loadInvitations(
  sql: Sql,
  organisationId: string,
  { invitations = [], addresses = [], openOf = [], due = 0 }: PapersNeeds,
  now: number,
): Promise<InvitationRow[]> {
  const from = `SELECT ${INVITATION_SELECT} FROM invitations i WHERE i.organisationId = ?`;
  const [named, addressed, theirs, over] = await Promise.all([
    selectIn<InvitationRow>(
      sql,
      invitations.filter(isStorableId),
      (list) => `${from} AND i.id IN (${list})`,
      [organisationId],
    ),
    selectIn<InvitationRow>(
      sql,
      addresses,
      (list) => `${from} AND i.state = 'pending' AND i.addressKey IN (${list})`,
      [organisationId],
    ),
    selectIn<InvitationRow>(
      sql,
      openOf,
      (list) => `${from} AND i.state = 'pending' AND i.userId IN (${list})`,
      [organisationId],
    ),
    due === 0
      ? []
      : sql.all<InvitationRow>(
          `${from} AND i.state = 'pending' AND i.expiresAt <= ? ORDER BY i.expiresAt, i.id LIMIT ?`,
          [organisationId, now, due],
        ),
  ]);
  return [...named, ...addressed, ...theirs, ...over];
}

async function loadPurchases(
  sql: Sql,
  organisationId: string,
  { purchases = [], due = 0 }: PapersNeeds,
  now: number,
): Promise<PurchaseRow[]> {
  const from = `SELECT ${PURCHASE_SELECT} FROM purchases WHERE organisationId = ?`;
  const [named, ripe] = await Promise.all([
    selectIn<PurchaseRow>(
      sql,
      purchases.filter(isStorableId),
      (list) => `${from} AND id IN (${list})`,
      [organisationId],
    ),
    due === 0
      ? []
      : sql.all<PurchaseRow>(
          `${from} AND state = 'approved' AND dueAt <= ? ORDER BY dueAt, id LIMIT ?`,
          [organisationId, now, due],
        ),
  ]);
  return [...named, ...ripe];
}
