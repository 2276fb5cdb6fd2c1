import { hash } from "node:crypto";
import { isGlass, termsOf } from "../../domain/entitlement/breakGlass.js";
import type { BreakGlass } from "../../domain/emergency/glass.js";
import type {
  Fact,
  FactKind,
  FactSource,
  MappingRule,
  Reason,
  Requirement,
  RuleGives,
  RuleMatch,
} from "../../domain/directory.js";
import { factKey } from "../../domain/mapping.js";
import type { JsonValue } from "../../plugin.js";
import { checkId, checkOptional, checkText, documentText, LIMITS } from "../limits.js";
import type { SqlValue } from "../sql.js";

export interface RuleRow {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly connectionId: string | null;
  readonly matching: string;
  readonly gives: string;
  readonly createdAt: number;
}

export const RULE_COLUMNS = [
  "organisationId",
  "id",
  "name",
  "connectionId",
  "matching",
  "gives",
  "createdAt",
] as const;

export function ruleFromRow(row: RuleRow): MappingRule {
  return {
    id: row.id,
    organisationId: row.organisationId,
    name: row.name,
    connectionId: row.connectionId,
    match: JSON.parse(row.matching) as RuleMatch,
    gives: JSON.parse(row.gives) as RuleGives,
    createdAt: row.createdAt,
  };
}

export function ruleToRow(rule: MappingRule): RuleRow {
  return {
    organisationId: rule.organisationId,
    id: checkId(rule.id),
    name: checkText("name", rule.name, LIMITS.name),
    connectionId: rule.connectionId,
    matching: documentText("match", rule.match),
    gives: documentText("gives", rule.gives),
    createdAt: rule.createdAt,
  };
}

export interface FactRow {
  readonly userId: string;
  readonly kind: Fact["kind"];
  readonly name: string;
  readonly value: string;
  readonly source: string;
  readonly since: number;
}

export const FACT_SELECT = "userId, kind, name, value, source, since";

export const FACT_COLUMNS = [
  "organisationId",
  "userId",
  "digest",
  "kind",
  "name",
  "value",
  "source",
  "since",
] as const;

/**
 * The words of the program in place of those just read: the same text at the same address, and comparing addresses is
 * all that is left of comparing kinds, which happens many times for each fact.
 */
const KINDS: ReadonlyMap<string, FactKind> = new Map(
  Object.entries({
    team: "team",
    role: "role",
    permission: "permission",
    setting: "setting",
    tierFloor: "tierFloor",
    tierCeiling: "tierCeiling",
    tierChoice: "tierChoice",
    pool: "pool",
    exclusion: "exclusion",
    claim: "claim",
    priority: "priority",
    breakGlass: "breakGlass",
  } satisfies { [Kind in FactKind]: Kind }),
);

export function factFromRow(row: FactRow): Fact {
  return {
    userId: row.userId,
    kind: KINDS.get(row.kind) ?? row.kind,
    name: row.name,
    value: JSON.parse(row.value) as JsonValue,
    source: JSON.parse(row.source) as FactSource,
    since: row.since,
  };
}

export function factValues(organisationId: string, fact: Fact): SqlValue[] {
  return [
    organisationId,
    fact.userId,
    factDigest(fact),
    fact.kind,
    checkText("name", fact.name, LIMITS.name),
    documentText("value", fact.value),
    documentText("source", fact.source),
    fact.since,
  ];
}

export const FACT_END_COLUMNS = ["organisationId", "userId", "digest", "endsAt"] as const;

/** Of the facts that time ends; the table has only those, so that all others cost nothing. */
export function factEndValues(organisationId: string, facts: readonly Fact[]): SqlValue[][] {
  return facts
    .filter(isGlass)
    .map((fact) => [organisationId, fact.userId, factDigest(fact), termsOf(fact.value).until]);
}

/** The domain says when two facts are the same; its key may be longer than an index holds. */
export function factDigest(fact: Fact): string {
  return hash("sha256", factKey(fact), "base64url");
}

export interface RequirementRow {
  readonly userId: string;
  readonly product: string;
  readonly tier: string | null;
  readonly addOns: string;
  readonly blocked: Requirement["blocked"];
  readonly witness: string;
  readonly breakGlass: string | null;
}

export const REQUIREMENT_SELECT = "userId, product, tier, addOns, blocked, witness, breakGlass";
export const REQUIREMENT_KEY = ["organisationId", "userId", "product"] as const;
export const REQUIREMENT_REPLACED = ["tier", "addOns", "blocked", "witness", "breakGlass"] as const;

export function requirementFromRow(row: RequirementRow): Requirement {
  return {
    userId: row.userId,
    product: row.product,
    tier: row.tier,
    addOns: JSON.parse(row.addOns) as string[],
    blocked: row.blocked,
    witness: JSON.parse(row.witness) as Reason[],
    ...breakGlassOf(row),
  };
}

/** As part of a requirement: absent where there is none. */
export function breakGlassOf({
  breakGlass: text,
}: Pick<RequirementRow, "breakGlass">): Pick<Requirement, "breakGlass"> {
  return text === null ? {} : { breakGlass: JSON.parse(text) as BreakGlass };
}

export function requirementValues(organisationId: string, requirement: Requirement): SqlValue[] {
  return [
    organisationId,
    requirement.userId,
    checkText("product", requirement.product, LIMITS.word),
    checkOptional("tier", requirement.tier, LIMITS.word),
    documentText("addOns", requirement.addOns),
    requirement.blocked,
    documentText("witness", requirement.witness),
    requirement.breakGlass === undefined
      ? null
      : documentText("breakGlass", requirement.breakGlass),
  ];
}
