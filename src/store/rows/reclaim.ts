import type { Contraction, Exemption, Resource } from "../../domain/reclaim/rows.js";
import { checkId, checkText, LIMITS } from "../limits.js";
import type { SqlValue } from "../sql.js";

export const EXEMPTION_COLUMNS = [
  "organisationId",
  "id",
  "userId",
  "groupId",
  "until",
  "reason",
  "createdBy",
  "createdAt",
] as const;

export function exemptionFromRow(row: Exemption): Exemption {
  const { organisationId, id, userId, groupId, until, reason, createdBy, createdAt } = row;
  return { organisationId, id, userId, groupId, until, reason, createdBy, createdAt };
}

export function exemptionValues(exemption: Exemption): SqlValue[] {
  const { organisationId, id, userId, groupId, until, createdAt } = exemption;
  return [
    ...[organisationId, checkId(id), userId, groupId, until],
    checkText("reason", exemption.reason, LIMITS.name),
    checkText("createdBy", exemption.createdBy, LIMITS.label),
    createdAt,
  ];
}

export const CONTRACTION_COLUMNS = [
  "organisationId",
  "id",
  "poolId",
  "capacity",
  "at",
  "state",
  "createdBy",
  "createdAt",
] as const;

export function contractionFromRow(row: Contraction): Contraction {
  const { organisationId, id, poolId, capacity, at, state, createdBy, createdAt } = row;
  return { organisationId, id, poolId, capacity, at, state, createdBy, createdAt };
}

export function contractionValues(contraction: Contraction): SqlValue[] {
  const { organisationId, id, poolId, capacity, at, state, createdBy, createdAt } = contraction;
  const by = checkText("createdBy", createdBy, LIMITS.label);
  return [organisationId, checkId(id), poolId, capacity, at, state, by, createdAt];
}

export const RESOURCE_KEY = ["organisationId", "kind", "id"] as const;
export const RESOURCE_CHANGEABLE = [
  "product",
  "userId",
  "indispensable",
  "state",
  "beforeSeatId",
  "beforeUserId",
  "beforeState",
  "updatedAt",
] as const;
export const RESOURCE_SELECT = [...RESOURCE_KEY, ...RESOURCE_CHANGEABLE].join(", ");

/** Of the application's words. */
export const RESOURCE_LIMITS = { kind: 64, id: 256 } as const;

export interface ResourceRow extends Omit<Resource, "indispensable" | "before"> {
  readonly indispensable: number;
  readonly beforeSeatId: string | null;
  readonly beforeUserId: string | null;
  readonly beforeState: Resource["state"] | null;
}

export function resourceFromRow(row: ResourceRow): Resource {
  const { organisationId, kind, id, product, userId, state, updatedAt } = row;
  const { beforeSeatId, beforeUserId, beforeState } = row;
  const isLost = beforeSeatId !== null && beforeUserId !== null && beforeState !== null;
  return {
    ...{ organisationId, kind, id, product, userId, state, updatedAt },
    indispensable: row.indispensable !== 0,
    before: isLost ? { seatId: beforeSeatId, userId: beforeUserId, state: beforeState } : null,
  };
}

export function resourceValues(resource: Resource): SqlValue[] {
  const { organisationId, product, userId, indispensable, state, before, updatedAt } = resource;
  return [
    organisationId,
    checkText("kind", resource.kind, RESOURCE_LIMITS.kind),
    checkText("id", resource.id, RESOURCE_LIMITS.id),
    product === null ? null : checkText("product", product, LIMITS.word),
    ...[userId, indispensable ? 1 : 0, state],
    ...[before?.seatId ?? null, before?.userId ?? null, before?.state ?? null, updatedAt],
  ];
}
