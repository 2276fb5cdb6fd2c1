import type { Cause } from "../../domain/history.js";
import { poolCreated } from "../../domain/pools/capacity.js";
import type { Administration } from "../../ports.js";
import { appendEntries, readHead } from "../chain.js";
import type { Context } from "../context.js";
import { systemIds } from "../ids.js";
import { isStorableId } from "../limits.js";
import { POOL_SELECT, poolFromRow, poolToRow } from "../rows/seats.js";
import type { PoolRow } from "../rows/seats.js";

const BY_ITSELF: Cause = {
  type: "admin",
  action: "pool.created",
  actor: "system",
  requestId: null,
};

type Pools = Pick<Administration, "createPool" | "listPools" | "findPool">;

export function administerPools({ reader, writer, models }: Context): Pools {
  return {
    createPool: (pool, cause = BY_ITSELF) =>
      writer.locked(pool.organisationId, async (sql) => {
        const limits = poolToRow(pool);
        const row = { ...limits, used: 0, ceiling: pool.capacity + limits.overage };
        await models.pools.create(row, sql.options);
        const { organisationId, createdAt: at } = pool;
        const entry = { ...poolCreated(pool), id: systemIds.next(), organisationId, at, cause };
        await appendEntries(sql, await readHead(sql, organisationId), [entry]);
      }),
    listPools: (organisationId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<PoolRow>(
          `SELECT ${POOL_SELECT} FROM pools WHERE organisationId = ? ORDER BY name`,
          [organisationId],
        );
        return rows.map(poolFromRow);
      }),
    findPool: (organisationId, idOrName) =>
      reader.read(async (sql) => {
        const rows = await sql.all<PoolRow>(
          `SELECT ${POOL_SELECT} FROM pools WHERE organisationId = ? AND (id = ? OR name = ?)`,
          [organisationId, isStorableId(idOrName) ? idOrName : "", idOrName],
        );
        const row = rows.find(({ id }) => id === idOrName) ?? rows[0];
        return row === undefined ? null : poolFromRow(row);
      }),
  };
}
