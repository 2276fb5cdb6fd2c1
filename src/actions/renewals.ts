import type { Id, Seat } from "../domain/directory.js";
import { renewLeases, type LeaseRef } from "../domain/leases/renewals.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import { createGatherer } from "./gather.js";

/**
 * Renewals that arrive together, in one transaction that loads nothing but the leases (docs/adr/0035). What that way does not
 * renew goes the long way, by itself, to its verdict.
 */
export interface Renewing {
  /** @param slowly the long way: the same with everything that the decision may need */
  renew(organisationId: Id, lease: LeaseRef, slowly: () => Promise<Seat>): Promise<Seat>;
  /** Resolves when the short way has nothing left to do. */
  settled(): Promise<void>;
}

/** A statement for so many takes some milliseconds. */
const RENEWALS_MAX = 512;

interface Waiting {
  readonly lease: LeaseRef;
  readonly slowly: () => Promise<Seat>;
  readonly resolve: (seat: Seat | Promise<Seat>) => void;
  readonly reject: (error: unknown) => void;
}

export function createRenewing({ leases }: Pick<Store, "leases">): Renewing {
  const gatherer = createGatherer<Waiting>({
    enough: RENEWALS_MAX,
    lengthOf: ({ length }) => Math.min(length, RENEWALS_MAX),
    work: renewAll,
  });

  return {
    renew: (organisationId, lease, slowly) =>
      new Promise((resolve, reject) => {
        gatherer.add(organisationId, { lease, slowly, resolve, reject });
      }),
    settled: gatherer.settled,
  };

  async function renewAll(organisationId: Id, batch: readonly Waiting[]): Promise<void> {
    const asked = batch.map(({ lease }) => lease);
    const ids = asked.map(({ seatId }) => seatId);
    try {
      const { renewed } = await leases.renew(organisationId, ids, (held) =>
        renewLeases(held, asked),
      );
      const seats = new Map(renewed.map((seat) => [seat.id, seat]));
      for (const { lease, slowly, resolve } of batch) {
        const seat = seats.get(lease.seatId);
        resolve(seat?.generation === lease.generation ? seat : slowly());
      }
    } catch (error) {
      const outage = error instanceof SeatkeeperError && error.code === "Unavailable";
      // One of a batch cannot spoil the others.
      for (const { slowly, resolve, reject } of batch) {
        if (outage) reject(error);
        else resolve(slowly());
      }
    }
  }
}
