import type { MappingRule, Organisation, Pool } from "../../domain/directory.js";
import { SeatkeeperError } from "../../errors.js";
import { organisationFromRow } from "../rows/directory.js";
import type { OrganisationRow } from "../rows/directory.js";
import { RULE_COLUMNS, ruleFromRow } from "../rows/entitlements.js";
import type { RuleRow } from "../rows/entitlements.js";
import { POOL_SELECT, poolFromRow } from "../rows/seats.js";
import type { PoolRow } from "../rows/seats.js";
import type { Sql } from "../sql.js";

const ORGANISATIONS_MAX = 1_000;

/**
 * Rules are read in every transaction and hardly ever change. What is kept here counts only while the revision in the
 * organisation's row, read under its lock, is still the same; so a node never decides by old rules.
 */
export class RuleCache {
  readonly #kept = new Map<string, { revision: number; rules: readonly MappingRule[] }>();

  async rules(sql: Sql, organisationId: string, revision: number): Promise<readonly MappingRule[]> {
    const kept = this.#kept.get(organisationId);
    if (kept?.revision === revision) {
      return kept.rules;
    }
    const rules = await readRules(sql, organisationId);
    this.#kept.delete(organisationId);
    this.#kept.set(organisationId, { revision, rules });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > ORGANISATIONS_MAX && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    return rules;
  }
}

export async function readRules(sql: Sql, organisationId: string): Promise<MappingRule[]> {
  const rows = await sql.all<RuleRow>(
    `SELECT ${RULE_COLUMNS.join(", ")} FROM rules WHERE organisationId = ? ORDER BY id`,
    [organisationId],
  );
  return rows.map(ruleFromRow);
}

export interface Tenant {
  readonly organisation: Organisation;
  readonly rules: readonly MappingRule[];
  readonly pools: ReadonlyMap<string, Pool>;
}

export async function loadTenant(
  sql: Sql,
  organisationId: string,
  cache: RuleCache,
): Promise<Tenant> {
  const [row] = await sql.all<OrganisationRow & { rulesRevision: number }>(
    "SELECT id, slug, name, createdAt, rulesRevision FROM organisations WHERE id = ?",
    [organisationId],
  );
  if (row === undefined) {
    throw new SeatkeeperError("NotFound");
  }
  const pools = await sql.all<PoolRow>(
    `SELECT ${POOL_SELECT} FROM pools WHERE organisationId = ? ORDER BY id`,
    [organisationId],
  );
  return {
    organisation: organisationFromRow(row),
    rules: await cache.rules(sql, organisationId, row.rulesRevision),
    pools: new Map(pools.map((pool) => [pool.id, poolFromRow(pool)])),
  };
}
