import type { Principal } from "./delegation.js";
import type { Id } from "../directory.js";
import type { Invitation } from "../invitations/invitation.js";
import type { Purchase } from "./purchase.js";
import { Table } from "../table.js";

/** What an organisation decides on besides people and seats: who administers, who is invited, what is bought. */

/** Part of `Needs`: what is not asked for costs nothing. */
export interface PapersNeeds {
  /** All that stand. */
  readonly principals?: boolean;
  readonly invitations?: readonly Id[];
  /** Open invitations to these addresses, as `foldName` writes them. */
  readonly addresses?: readonly string[];
  /** Open invitations of these people. */
  readonly openOf?: readonly Id[];
  readonly purchases?: readonly Id[];
  /** Invitations that are over and purchases that come into force, at most so many of each. */
  readonly due?: number;
}

/** Part of `Snapshot`. */
export interface PapersLoaded {
  readonly principals: readonly Principal[];
  readonly invitations: readonly Invitation[];
  readonly purchases: readonly Purchase[];
}

/** Part of `Changes`: inserted or replaced by id. */
export interface PapersChanges {
  readonly principalsSaved: Principal[];
  readonly invitationsSaved: Invitation[];
  readonly purchasesSaved: Purchase[];
}

export function noPapers(): PapersChanges {
  return { principalsSaved: [], invitationsSaved: [], purchasesSaved: [] };
}

const NONE: PapersLoaded = { principals: [], invitations: [], purchases: [] };

/** Part of the working copy. */
export class Papers {
  readonly principals = papers<Principal>();
  readonly invitations = papers<Invitation>();
  readonly purchases = papers<Purchase>();

  load({ principals, invitations, purchases }: PapersLoaded = NONE): void {
    for (const row of principals) this.principals.load(row);
    for (const row of invitations) this.invitations.load(row);
    for (const row of purchases) this.purchases.load(row);
  }

  changes(): PapersChanges {
    return {
      principalsSaved: written(this.principals),
      invitationsSaved: written(this.invitations),
      purchasesSaved: written(this.purchases),
    };
  }
}

function papers<T extends { readonly id: Id }>(): Table<T> {
  return new Table<T>(
    ({ id }) => id,
    () => "",
  );
}

/** None is ever deleted by a decision. */
function written<T>(table: Table<T>): T[] {
  const { inserted, updated } = table.difference();
  return [...inserted, ...updated.map(({ after }) => after)];
}

export function mergePapers(all: readonly { readonly papers?: PapersNeeds }[]): PapersNeeds | null {
  const asked = all.flatMap(({ papers: needs }) => needs ?? []);
  if (asked.length === 0) return null;
  return {
    principals: asked.some(({ principals }) => principals === true),
    invitations: asked.flatMap(({ invitations }) => invitations ?? []),
    addresses: asked.flatMap(({ addresses }) => addresses ?? []),
    openOf: asked.flatMap(({ openOf }) => openOf ?? []),
    purchases: asked.flatMap(({ purchases }) => purchases ?? []),
    due: asked.reduce((sum, { due }) => sum + (due ?? 0), 0),
  };
}
