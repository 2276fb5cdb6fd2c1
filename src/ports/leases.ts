import type { Id } from "../domain/directory.js";
import type { LeasesHeld, Renewals } from "../domain/leases/renewals.js";

/** Renewals of leases: many, small and all alike (docs/adr/0035). Part of src/ports.ts. */
export interface Leases {
  /**
   * In one transaction as that of `Store.write`, and in a fixed number of statements: reads the seats with these ids and all
   * concurrent pools, lets `decide` say which go on, and saves just that. Ids that are none are missing from the seats. `decide`
   * is pure and may run again.
   * @returns what was decided and saved
   * @throws SeatkeeperError NotFound when the organisation does not exist; Unavailable
   */
  renew(
    organisationId: Id,
    seatIds: readonly Id[],
    decide: (held: LeasesHeld) => Renewals,
  ): Promise<Renewals>;
}
