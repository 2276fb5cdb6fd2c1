import type { BrakeState } from "../../domain/brake/brake.js";
import { compareText } from "../../domain/compareText.js";
import type { MappingRule, Organisation, Pool } from "../../domain/directory.js";
import { SeatkeeperError } from "../../errors.js";
import { type LedgerEnd, NOTHING_YET } from "../chain.js";
import { RULE_COLUMNS, ruleFromRow } from "../rows/entitlements.js";
import type { RuleRow } from "../rows/entitlements.js";
import { POOL_SELECT, poolFromRow } from "../rows/seats.js";
import type { PoolRow } from "../rows/seats.js";
import type { Sql } from "../sql.js";

const ORGANISATIONS_MAX = 1_000;

/** What decides which facts the directory gives. */
interface Mapping {
  readonly rules: readonly MappingRule[];
  /** Ids of connections. */
  readonly withoutAssignments: ReadonlySet<string>;
}

/**
 * Rules are read in every transaction and hardly ever change. What is kept here counts only while the revision in the
 * organisation's row, read under its lock, is still the same; so a node never decides by old rules.
 */
export class RuleCache {
  readonly #kept = new Map<string, { revision: number; mapping: Mapping }>();

  async mapping(sql: Sql, organisationId: string, revision: number): Promise<Mapping> {
    const kept = this.#kept.get(organisationId);
    if (kept?.revision === revision) {
      return kept.mapping;
    }
    const mapping = {
      rules: await readRules(sql, organisationId),
      withoutAssignments: await readWithoutAssignments(sql, organisationId),
    };
    this.#kept.delete(organisationId);
    this.#kept.set(organisationId, { revision, mapping });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > ORGANISATIONS_MAX && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    return mapping;
  }
}

async function readWithoutAssignments(sql: Sql, organisationId: string): Promise<Set<string>> {
  const rows = await sql.all<{ id: string }>(
    "SELECT id FROM connections WHERE organisationId = ? AND assignments = 0",
    [organisationId],
  );
  return new Set(rows.map(({ id }) => id));
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
  readonly withoutAssignments: ReadonlySet<string>;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly brake?: BrakeState;
  /** Grows with every write of the organisation. */
  readonly revision: number;
  /** Whether anybody waits for anything: mostly nobody does, and the lists need not be asked. */
  readonly isAwaited: boolean;
  /** Whether anybody waits for one of several pools by name: rarely. */
  readonly isAwaitedInSeveral: boolean;
  /** Whether the application has registered any resource: mostly none, and nobody's need be asked for. */
  readonly hasResources: boolean;
  /** When the first of the facts that end does so: mostly there are none, and nobody's need be looked for. */
  readonly nextEnd: number | null;
  /** Where the ledger ends. */
  readonly head: LedgerEnd;
}

interface OrganisationPart {
  readonly organisationId: string;
  readonly slug: string;
  readonly organisationName: string;
  readonly organisationCreatedAt: number;
  readonly timeZone: string;
  readonly brake: string | null;
  readonly revision: number;
  readonly rulesRevision: number;
  readonly isAwaited: number;
  readonly isAwaitedInSeveral: number;
  readonly hasResources: number;
  readonly nextEnd: number | null;
  readonly headSequence: number | null;
  readonly headHash: string | null;
  readonly headAt: number | null;
}

const POOL_COLUMNS = POOL_SELECT.split(", ")
  .map((column) => `p.${column}`)
  .join(", ")
  .replace("p.organisationId", "o.id AS organisationId");

const HEAD = "FROM entries e WHERE e.organisationId = o.id ORDER BY e.sequence DESC LIMIT 1";

/**
 * One statement, because every transaction needs it: the organisation beside each of its pools. Without an order, which
 * would cost the database a table of its own for a handful of rows.
 */
const TENANT = `SELECT ${POOL_COLUMNS}, o.slug, o.name AS organisationName, o.createdAt AS organisationCreatedAt, o.timeZone, o.brake, o.revision, o.rulesRevision, EXISTS (SELECT 1 FROM waiting w WHERE w.organisationId = o.id) AS isAwaited, EXISTS (SELECT 1 FROM waiting_also a WHERE a.organisationId = o.id) AS isAwaitedInSeveral, EXISTS (SELECT 1 FROM resources r WHERE r.organisationId = o.id) AS hasResources, (SELECT f.endsAt FROM fact_ends f WHERE f.organisationId = o.id ORDER BY f.endsAt LIMIT 1) AS nextEnd, (SELECT e.sequence ${HEAD}) AS headSequence, (SELECT e.hash ${HEAD}) AS headHash, (SELECT e.at ${HEAD}) AS headAt FROM organisations o LEFT JOIN pools p ON p.organisationId = o.id WHERE o.id = ?`;

function poolOf(row: TenantRow): (readonly [string, Pool])[] {
  return row.id === null ? [] : [[row.id, poolFromRow(row)]];
}

type TenantRow = OrganisationPart & (PoolRow | { readonly id: null });

export function readTenant(sql: Sql, organisationId: string): Promise<TenantRow[]> {
  return sql.all<TenantRow>(TENANT, [organisationId]);
}

/** @param rows of `readTenant` */
export async function loadTenant(
  sql: Sql,
  organisationId: string,
  rows: readonly TenantRow[],
  cache: RuleCache,
): Promise<Tenant> {
  const [first] = rows;
  if (first === undefined) {
    throw new SeatkeeperError("NotFound");
  }
  return {
    organisation: {
      id: organisationId,
      slug: first.slug,
      name: first.organisationName,
      createdAt: first.organisationCreatedAt,
      timeZone: first.timeZone,
    },
    ...(await cache.mapping(sql, organisationId, first.rulesRevision)),
    pools: new Map(rows.flatMap(poolOf).sort(([left], [right]) => compareText(left, right))),
    ...(first.brake === null ? {} : { brake: JSON.parse(first.brake) as BrakeState }),
    revision: first.revision,
    isAwaited: first.isAwaited !== 0,
    isAwaitedInSeveral: first.isAwaitedInSeveral !== 0,
    hasResources: first.hasResources !== 0,
    nextEnd: first.nextEnd,
    head: headOf(first),
  };
}

function headOf({ headSequence, headHash, headAt }: TenantRow): LedgerEnd {
  return headSequence === null || headHash === null || headAt === null
    ? NOTHING_YET
    : { sequence: headSequence, hash: headHash, at: headAt };
}
