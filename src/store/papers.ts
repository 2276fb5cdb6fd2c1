import type { InvitationView, Papers, PrincipalView } from "../ports/papers.js";
import { isStorableId } from "./limits.js";
import type { Context } from "./context.js";
import type { Reader } from "./reader.js";
import {
  HAS_TOKEN,
  INVITATION_SELECT,
  invitationFromRow,
  type InvitationRow,
  PRINCIPAL_SELECT,
  principalFromRow,
  type PrincipalRow,
  PURCHASE_SELECT,
  purchaseFromRow,
  type PurchaseRow,
  WITH_PERSON,
} from "./rows/papers.js";
import { USER_SELECT, userFromRow, whereActive } from "./rows/directory.js";
import type { UserRow } from "./rows/directory.js";
import { placeholders } from "./sql.js";
import type { SqlValue } from "./sql.js";

/** Reading of who administers, who is invited and what is being bought. */
export function createPapers({ reader, clock }: Pick<Context, "reader" | "clock">): Papers {
  return { ...principalsOf(reader, clock), ...invitationsOf(reader), ...purchasesOf(reader) };
}

type Principals = Pick<Papers, "principals" | "lacksOwner" | "peopleIn" | "organisationsWithDue">;

function principalsOf({ read }: Reader, clock: Context["clock"]): Principals {
  return {
    principals: (organisationId) =>
      read(async (sql) => {
        const rows = await sql.all<PrincipalRow & { userName: string | null }>(
          `SELECT ${PRINCIPAL_SELECT}, u.userName FROM principals p ${WITH_PERSON} WHERE p.organisationId = ? AND p.endedAt IS NULL ORDER BY p.id`,
          [clock.now(), organisationId],
        );
        return rows.map((row): PrincipalView => ({
          ...principalFromRow(row),
          userName: row.userName,
        }));
      }),
    lacksOwner: (organisationId) =>
      read(async (sql) => {
        const rows = await sql.all<{ isAble: number }>(
          `SELECT CASE WHEN p.endedAt IS NULL AND (u.active = 1 OR ${HAS_TOKEN} = 1) THEN 1 ELSE 0 END AS isAble FROM principals p ${WITH_PERSON} WHERE p.organisationId = ? AND p.role = 'owner'`,
          [clock.now(), organisationId],
        );
        return rows.length > 0 && rows.every(({ isAble }) => isAble === 0);
      }),
    peopleIn: (organisationId, teams, { after = "", limit, active }) =>
      read(async (sql) => {
        const inTeams = `u.id IN (SELECT f.userId FROM facts f WHERE f.organisationId = ? AND f.kind = 'team' AND f.name IN (${placeholders(teams.length)}))`;
        const rows = await sql.all<UserRow>(
          `SELECT ${USER_SELECT} FROM users u WHERE u.organisationId = ? AND u.id > ? AND u.deletedAt IS NULL${whereActive(active)} AND ${inTeams} ORDER BY u.id LIMIT ?`,
          [organisationId, isStorableId(after) ? after : "", organisationId, ...teams, limit],
        );
        return rows.map(userFromRow);
      }),
    organisationsWithDue: (now) =>
      read(async (sql) => {
        const rows = await sql.all<{ organisationId: string }>(
          "SELECT organisationId FROM invitations WHERE state = 'pending' AND expiresAt <= ? UNION SELECT organisationId FROM purchases WHERE state = 'approved' AND dueAt <= ?",
          [now, now],
        );
        return rows.map(({ organisationId }) => organisationId);
      }),
  };
}

interface InvitedRow extends InvitationRow {
  readonly userName: string | null;
  readonly externalId: string | null;
  readonly connectionId: string | null;
}

const INVITED = `SELECT ${INVITATION_SELECT}, u.userName, u.externalId, u.connectionId FROM invitations i LEFT JOIN users u ON u.organisationId = i.organisationId AND u.id = i.userId AND u.deletedAt IS NULL WHERE i.organisationId = ?`;

function invitedFromRow(row: InvitedRow): InvitationView {
  const { userName, externalId, connectionId, ...invitation } = row;
  const user = userName === null ? null : { userName, externalId, connectionId };
  return { ...invitationFromRow(invitation), user };
}

function invitationsOf({ read }: Reader): Pick<Papers, "invitations" | "findInvitation"> {
  return {
    invitations: (organisationId, { after, limit, teams }) =>
      read(async (sql) => {
        const values: SqlValue[] = [organisationId];
        let where = "";
        if (after !== undefined) {
          where += " AND i.id < ?";
          values.push(after);
        }
        if (teams !== undefined) {
          // As JSON writes the name; the quotes keep one name from being found within another.
          const likes = teams.map(() => "i.teams LIKE ? ESCAPE '|'");
          where += likes.length === 0 ? " AND 1 = 0" : ` AND (${likes.join(" OR ")})`;
          values.push(...teams.map((team) => `%${JSON.stringify(team).replace(/[|%_]/g, "|$&")}%`));
        }
        const rows = await sql.all<InvitedRow>(`${INVITED}${where} ORDER BY i.id DESC LIMIT ?`, [
          ...values,
          limit,
        ]);
        return rows.map(invitedFromRow);
      }),
    findInvitation: (organisationId, id) =>
      read(async (sql) => {
        if (!isStorableId(id)) return null;
        const [row] = await sql.all<InvitedRow>(`${INVITED} AND (i.id = ? OR i.publicId = ?)`, [
          organisationId,
          id,
          id,
        ]);
        return row === undefined ? null : invitedFromRow(row);
      }),
  };
}

const OPEN = "state IN ('requested', 'quoted', 'approved')";

function purchasesOf({
  read,
}: Reader): Pick<Papers, "purchases" | "findPurchase" | "seatsRequested"> {
  return {
    purchases: (organisationId, { after, limit, poolId, isOpen = false }) =>
      read(async (sql) => {
        const conditions = ["organisationId = ?", ...(isOpen ? [OPEN] : [])];
        const values: SqlValue[] = [organisationId];
        if (poolId !== undefined) {
          conditions.push("poolId = ?");
          values.push(poolId);
        }
        if (after !== undefined) {
          conditions.push("id < ?");
          values.push(after);
        }
        const rows = await sql.all<PurchaseRow>(
          `SELECT ${PURCHASE_SELECT} FROM purchases WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ?`,
          [...values, limit],
        );
        return rows.map(purchaseFromRow);
      }),
    findPurchase: (organisationId, id) =>
      read(async (sql) => {
        if (!isStorableId(id)) return null;
        const text = `SELECT ${PURCHASE_SELECT} FROM purchases WHERE organisationId = ? AND id = ?`;
        const [row] = await sql.all<PurchaseRow>(text, [organisationId, id]);
        return row === undefined ? null : purchaseFromRow(row);
      }),
    seatsRequested: (organisationId) =>
      read(async (sql) => {
        const rows = await sql.all<{ poolId: string; seats: number | string }>(
          `SELECT poolId, SUM(seats) AS seats FROM purchases WHERE organisationId = ? AND ${OPEN} GROUP BY poolId`,
          [organisationId],
        );
        return new Map(rows.map(({ poolId, seats }) => [poolId, Number(seats)]));
      }),
  };
}
