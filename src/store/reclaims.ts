import type { Seat, Timestamp } from "../domain/directory.js";
import { isAsked } from "../domain/reclaim/idle.js";
import type { Contraction, Exemption } from "../domain/reclaim/rows.js";
import type { ReclaimPage, Reclaims, ResourcePage } from "../ports/reclaim.js";
import type { SetupChange } from "../ports/setup.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { isStorableId } from "./limits.js";
import { firstToGo, rolesWithout } from "./load/reclaim.js";
import {
  CONTRACTION_COLUMNS,
  contractionFromRow,
  contractionValues,
  EXEMPTION_COLUMNS,
  exemptionFromRow,
  exemptionValues,
  RESOURCE_SELECT,
  resourceFromRow,
  type ResourceRow,
} from "./rows/reclaim.js";
import { SEAT_SELECT, seatFromRow, type SeatRow } from "./rows/seats.js";
import { insertRows, type Sql, type SqlValue } from "./sql.js";

const LIST_MAX = 1_000;

export function createReclaims(context: Context): Reclaims {
  return {
    ...seatsOf(context),
    ...exemptionsOf(context),
    ...contractionsOf(context),
    ...resourcesOf(context),
  };
}

function seatsOf({ reader }: Context): Pick<Reclaims, "underWay" | "firstToGo" | "going"> {
  return {
    underWay: (organisationId, now, page) =>
      reader.read((sql) => underWay(sql, organisationId, now, page)),

    firstToGo: (pool, now, limit) => reader.read((sql) => firstToGo(sql, pool, now, limit)),

    going: (organisationId, poolId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<SeatRow>(
          `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND poolId = ? AND state = 'grace' ORDER BY expiresAt, id LIMIT ${LIST_MAX}`,
          [organisationId, poolId],
        );
        return rows.map(seatFromRow);
      }),
  };
}

/** For people: what is special about a seat is in its memory, which no index holds. */
async function underWay(
  sql: Sql,
  organisationId: string,
  now: number,
  { after = "", limit }: ReclaimPage,
) {
  const found = [];
  let last = after;
  for (;;) {
    const rows = await sql.all<SeatRow>(
      `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND id > ? AND (state = 'grace' OR memory LIKE '%"askedAt":%' OR memory LIKE '%"undo":%') ORDER BY id LIMIT ?`,
      [organisationId, last, limit],
    );
    const seats = rows.map(seatFromRow);
    found.push(...seats.filter((seat) => isUnderWay(seat, now)));
    last = rows.at(-1)?.id ?? last;
    if (rows.length < limit || found.length >= limit) return found.slice(0, limit);
  }
}

/** What was asked stands in the memory until the next look, also when the seat has been used and the question is over. */
function isUnderWay(seat: Seat, now: Timestamp): boolean {
  if (seat.kept !== undefined) return (seat.kept.undo?.until ?? 0) > now;
  return seat.grace !== undefined || isAsked(seat);
}

function exemptionsOf({
  reader,
  writer,
}: Context): Pick<Reclaims, "exemptions" | "hasGroup" | "addExemption" | "withdrawExemption"> {
  return {
    hasGroup: async (organisationId, groupId) => {
      if (!isStorableId(groupId)) return false;
      const text = "SELECT 1 FROM directory_groups WHERE organisationId = ? AND id = ?";
      return (await reader.read((sql) => sql.all(text, [organisationId, groupId]))).length > 0;
    },

    exemptions: (organisationId, now) =>
      reader.read(async (sql) => {
        const rows = await sql.all<Exemption>(
          `SELECT ${EXEMPTION_COLUMNS.join(", ")} FROM reclaim_exemptions WHERE organisationId = ? AND (until IS NULL OR until > ?) ORDER BY id LIMIT ${LIST_MAX}`,
          [organisationId, now],
        );
        return rows.map(exemptionFromRow);
      }),

    addExemption: (exemption, change) =>
      writer.locked(exemption.organisationId, async (sql) => {
        const rows = [exemptionValues(exemption)];
        await insertRows(sql, "reclaim_exemptions", EXEMPTION_COLUMNS, rows);
        await recordSetup(sql, exemption.organisationId, change);
      }),

    withdrawExemption: (organisationId, id, change) =>
      remove(writer, { organisationId, id, change }, "DELETE FROM reclaim_exemptions WHERE", []),
  };
}

function contractionsOf({
  reader,
  writer,
}: Context): Pick<Reclaims, "contractions" | "addContraction" | "cancelContraction"> {
  return {
    contractions: (organisationId, poolId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<Contraction>(
          `SELECT ${CONTRACTION_COLUMNS.join(", ")} FROM contractions WHERE organisationId = ? AND poolId = ? ORDER BY at, id LIMIT ${LIST_MAX}`,
          [organisationId, poolId],
        );
        return rows.map(contractionFromRow);
      }),

    addContraction: (contraction, madeFor, change) =>
      writer.locked(contraction.organisationId, async (sql) => {
        const { organisationId, poolId } = contraction;
        const isAsRead = await sql.run(
          "UPDATE pools SET version = version + 1 WHERE organisationId = ? AND id = ? AND version = ?",
          [organisationId, poolId, madeFor],
        );
        if (isAsRead === 0) return false;
        const rows = [contractionValues(contraction)];
        await insertRows(sql, "contractions", CONTRACTION_COLUMNS, rows);
        await recordSetup(sql, organisationId, change);
        return true;
      }),

    cancelContraction: (organisationId, poolId, id, change) =>
      remove(
        writer,
        { organisationId, id, change },
        "DELETE FROM contractions WHERE state = 'planned' AND poolId = ? AND",
        [poolId],
      ),
  };
}

async function remove(
  writer: Context["writer"],
  { organisationId, id, change }: Removal,
  text: string,
  values: readonly SqlValue[],
): Promise<boolean> {
  if (!isStorableId(id)) return false;
  return await writer.locked(organisationId, async (sql) => {
    const named = [...values, organisationId, id];
    const isGone = (await sql.run(`${text} organisationId = ? AND id = ?`, named)) > 0;
    if (isGone) await recordSetup(sql, organisationId, change);
    return isGone;
  });
}

interface Removal {
  readonly organisationId: string;
  readonly id: string;
  readonly change: SetupChange | undefined;
}

function resourcesOf({
  reader,
}: Context): Pick<Reclaims, "findResource" | "resources" | "abandoned" | "rolesWithout"> {
  const select = `SELECT ${RESOURCE_SELECT} FROM resources WHERE organisationId = ?`;
  return {
    findResource: (organisationId, kind, id) =>
      reader.read(async (sql) => {
        const [row] = await sql.all<ResourceRow>(`${select} AND kind = ? AND id = ?`, [
          organisationId,
          kind,
          id,
        ]);
        return row === undefined ? null : resourceFromRow(row);
      }),

    resources: (organisationId, page) => reader.read((sql) => list(sql, organisationId, page)),

    abandoned: (organisationId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<ResourceRow>(
          `${select} AND indispensable = 1 AND NOT EXISTS (SELECT 1 FROM users u WHERE u.organisationId = resources.organisationId AND u.id = resources.userId AND u.active = 1 AND u.deletedAt IS NULL) ORDER BY kind, id LIMIT ${LIST_MAX}`,
          [organisationId],
        );
        return rows.map(resourceFromRow);
      }),

    rolesWithout: (organisationId, roles) =>
      reader.read((sql) => rolesWithout(sql, organisationId, roles)),
  };
}

async function list(sql: Sql, organisationId: string, { after, limit, userId }: ResourcePage) {
  const conditions = ["organisationId = ?"];
  const values: SqlValue[] = [organisationId];
  if (userId !== undefined) {
    if (!isStorableId(userId)) return [];
    conditions.push("userId = ?");
    values.push(userId);
  }
  if (after !== undefined) {
    conditions.push("(kind > ? OR (kind = ? AND id > ?))");
    values.push(after.kind, after.kind, after.id);
  }
  const rows = await sql.all<ResourceRow>(
    `SELECT ${RESOURCE_SELECT} FROM resources WHERE ${conditions.join(" AND ")} ORDER BY kind, id LIMIT ?`,
    [...values, limit],
  );
  return rows.map(resourceFromRow);
}
