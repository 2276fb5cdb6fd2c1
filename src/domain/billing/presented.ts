import type { Reason } from "../directory.js";
import type { Adjustment } from "./adjustments.js";
import type { Share } from "./costCentres.js";
import { csvText, type Cell } from "./csv.js";
import { dayText, type Period } from "./days.js";
import type { Invoice } from "./invoice.js";
import type { Line } from "./portions.js";
import { decimalText, toNumber } from "./rounding.js";
import type { LineCause } from "./tenure.js";

/** An invoice for people and programs: JSON and CSV say the same, in the same order. */

export interface Names {
  /** User id to userName; who is deleted or erased has none. */
  readonly users: ReadonlyMap<string, string>;
  readonly pools: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, string>;
  /** Why the person needs now what the line charges; empty when that is so no longer. */
  readonly reasonsOf: (line: Line) => readonly Reason[];
}

export interface SharedLine {
  readonly line: Line;
  readonly shares: readonly Share[];
}

export function presentInvoice(invoice: Invoice, shared: readonly SharedLine[], names: Names) {
  const { window, currency, timeZone, total } = invoice;
  return {
    ...daysOf(window),
    ...{ currency, timeZone },
    total: toNumber(total),
    totalText: decimalText(toNumber(total), currency),
    lines: shared.map(({ line, shares }) => presentLine(line, shares, names)),
  };
}

/** The last day of a window is the one before `to`. */
function daysOf({ from, to }: Period) {
  return { from: dayText(from), to: dayText(to) };
}

function presentLine(line: Line, shares: readonly Share[], names: Names) {
  const { kind, unit, product, tier, addOn, userId, poolId, quantity, unitPrice, days } = line;
  return {
    ...{ kind, product, tier, addOn },
    userId,
    userName: userId === null ? null : (names.users.get(userId) ?? null),
    poolId,
    pool: poolId === null ? null : (names.pools.get(poolId) ?? null),
    ...daysOf(line),
    ...{ days, quantity, unit, unitPrice },
    amount: toNumber(line.amount),
    cause: { ...presentCause(line.cause), witness: witnessOf(line, names) },
    costCentres: shares.map(({ costCentre, use, amount }) => ({
      ...{ costCentre, use },
      amount: toNumber(amount),
    })),
  };
}

function presentCause({ id, at, reason, door, action, actor, requestId }: LineCause) {
  return { id, at: new Date(at).toISOString(), reason, door, action, actor, requestId };
}

/** "group:Support > role:team-leader > permission:statistics", as long as the person still needs what is charged. */
function witnessOf(line: Line, { reasonsOf, groups }: Names): string[] {
  return reasonsOf(line).map(({ because, requires }) =>
    [...because.map((step) => named(step, groups)), requires]
      .filter((part) => part !== "")
      .join(" > "),
  );
}

function named(step: string, groups: Names["groups"]): string {
  const name = step.startsWith("group:") ? groups.get(step.slice("group:".length)) : undefined;
  return name === undefined ? step : `group:${name}`;
}

export function presentAdjustments(
  adjustments: readonly Adjustment[],
  currency: string,
  names: Names,
) {
  return adjustments.map(({ day, amount, cause, userId, ...about }) => ({
    day: dayText(day),
    ...about,
    userId,
    userName: userId === null ? null : (names.users.get(userId) ?? null),
    amount: toNumber(amount),
    amountText: decimalText(toNumber(amount), currency),
    cause: presentCause(cause),
  }));
}

const COLUMNS = [
  ...["kind", "product", "tier", "addOn", "pool", "userName", "userId", "costCentre", "use"],
  ...["from", "to", "days", "quantity", "unit", "unitPrice", "amount", "currency"],
  ...["causeId", "causeAt", "causeReason", "causeDoor", "causeAction", "causeActor"],
  ...["causeRequest", "witness"],
];
const NUMBERS = new Set(["days", "quantity", "unitPrice", "amount"]);

/** One row for each share of each line; amounts are decimal numbers of the currency. */
export function invoiceCsv(presented: ReturnType<typeof presentInvoice>): string {
  const { currency, lines } = presented;
  const rows = lines.flatMap(({ costCentres, cause, unitPrice, ...line }) =>
    costCentres.map(({ costCentre, use, amount }): Record<string, Cell> => ({
      ...line,
      costCentre,
      use,
      currency,
      unitPrice: decimalText(unitPrice, currency),
      amount: decimalText(amount, currency),
      causeId: cause.id,
      causeAt: cause.at,
      causeReason: cause.reason,
      causeDoor: cause.door,
      causeAction: cause.action,
      causeActor: cause.actor,
      causeRequest: cause.requestId,
      witness: cause.witness.join("; "),
    })),
  );
  return csvText(COLUMNS, rows, NUMBERS);
}
