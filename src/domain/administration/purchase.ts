import type { Id, Timestamp } from "../directory.js";

/** A request for more seats, and its way from state to state; everything else is refused by name. */

export type PurchaseState =
  "requested" | "quoted" | "approved" | "inForce" | "declined" | "withdrawn";

/** Quoting, putting in force and declining are the vendor's; approving and withdrawing are the customer's. */
export type PurchaseStep = "quote" | "approve" | "schedule" | "putInForce" | "decline" | "withdraw";

export const PURCHASE_TRANSITIONS: Record<
  PurchaseState,
  Partial<Record<PurchaseStep, PurchaseState>>
> = {
  requested: { quote: "quoted", decline: "declined", withdraw: "withdrawn" },
  quoted: { quote: "quoted", approve: "approved", decline: "declined", withdraw: "withdrawn" },
  approved: { schedule: "approved", putInForce: "inForce", decline: "declined" },
  inForce: {},
  declined: {},
  withdrawn: {},
};

export interface Quote {
  /** In minor units of the currency (cents), for all the seats together. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly note: string | null;
}

export interface Purchase {
  readonly id: Id;
  readonly organisationId: Id;
  readonly poolId: Id;
  readonly product: string;
  /** How many more. */
  readonly seats: number;
  readonly note: string | null;
  readonly state: PurchaseState;
  readonly quote: Quote | null;
  /** When what is approved comes into force by itself; null: when the vendor says so. */
  readonly dueAt: Timestamp | null;
  /** Each step with its time and actor. */
  readonly steps: readonly {
    readonly state: PurchaseState;
    readonly at: Timestamp;
    readonly by: string;
  }[];
  readonly version: number;
  readonly createdAt: Timestamp;
}

/** Still to come: what the pool's view shows as requested. */
export function isOpen({ state }: Pick<Purchase, "state">): boolean {
  return state === "requested" || state === "quoted" || state === "approved";
}

export interface PurchaseAct {
  readonly id: Id;
  /** Whoever approves says which version was read: a quote may have changed meanwhile. Absent: whatever it is. */
  readonly version?: number | undefined;
  readonly step: PurchaseStep;
  readonly quote?: Quote;
  readonly dueAt?: Timestamp;
}
