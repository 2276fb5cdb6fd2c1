import type { Administration } from "../../ports.js";
import type { Context } from "../context.js";
import { isStorableId } from "../limits.js";
import { POOL_SELECT, poolFromRow, poolToRow } from "../rows/seats.js";
import type { PoolRow } from "../rows/seats.js";

type Pools = Pick<Administration, "createPool" | "listPools" | "findPool">;

export function administerPools({ reader, writer, models }: Context): Pools {
  return {
    createPool: (pool) =>
      writer.locked(pool.organisationId, async ({ options }) => {
        const row = { ...poolToRow(pool), used: 0, ceiling: pool.capacity };
        await models.pools.create(row, options);
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
