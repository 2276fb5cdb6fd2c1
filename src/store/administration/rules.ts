import type { Administration } from "../../ports.js";
import type { Context } from "../context.js";
import { keepExisting } from "../dialect.js";
import { isStorableId } from "../limits.js";
import { readRules } from "../load/tenant.js";
import { ruleToRow } from "../rows/entitlements.js";
import type { Sql } from "../sql.js";
import { requireFreeName } from "./names.js";
import { recordSetup } from "./setup.js";

type Rules = Pick<Administration, "saveRule" | "deleteRule" | "listRules" | "markAllStale">;

export function administerRules({ reader, writer, models }: Context): Rules {
  return {
    saveRule: (rule, change) =>
      writer.locked(rule.organisationId, async (sql) => {
        await requireFreeName(sql, "rule", rule);
        const row = ruleToRow(rule);
        const where = { organisationId: row.organisationId, id: row.id };
        await models.rules.destroy({ where, ...sql.options });
        await models.rules.create(row, sql.options);
        await mappingChanged(sql, rule.organisationId);
        await recordSetup(sql, rule.organisationId, change);
      }),
    deleteRule: (organisationId, id, change) =>
      writer.locked(organisationId, async (sql) => {
        if (!isStorableId(id)) {
          return false;
        }
        const where = { organisationId, id };
        const affected = await models.rules.destroy({ where, ...sql.options });
        if (affected > 0) {
          await mappingChanged(sql, organisationId);
          await recordSetup(sql, organisationId, change);
        }
        return affected > 0;
      }),
    listRules: (organisationId) => reader.read((sql) => readRules(sql, organisationId)),
    markAllStale: (organisationId) =>
      writer.locked(organisationId, (sql) => markAllStale(sql, organisationId)),
  };
}

/** Nodes read the mapping anew, and every user is evaluated again. */
export async function mappingChanged(sql: Sql, organisationId: string): Promise<void> {
  await sql.run("UPDATE organisations SET rulesRevision = rulesRevision + 1 WHERE id = ?", [
    organisationId,
  ]);
  await markAllStale(sql, organisationId);
}

async function markAllStale(sql: Sql, organisationId: string): Promise<void> {
  await sql.run(
    `INSERT INTO stale_users (organisationId, userId) SELECT u.organisationId, u.id FROM users u WHERE u.organisationId = ? AND u.deletedAt IS NULL${keepExisting(sql.dialect, "stale_users.userId")}`,
    [organisationId],
  );
}
