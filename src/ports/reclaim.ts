import type { Id, Pool, Seat, Timestamp } from "../domain/directory.js";
import type { Contraction, Exemption, Placed, Resource } from "../domain/reclaim/rows.js";
import type { SetupChange } from "./setup.js";

/** What people look at and agree on about seats that are taken back. Part of src/ports.ts, which everybody imports. */

export interface ReclaimPage {
  /** The seat's id of the last one of the page before. */
  readonly after?: Id;
  readonly limit: number;
}

export interface ResourcePage {
  /** Of the last one of the page before. */
  readonly after?: { readonly kind: string; readonly id: string };
  readonly limit: number;
  /** The owner's id. */
  readonly userId?: Id;
}

export interface Reclaims {
  /** Seats about which somebody was asked and that were not used since, that are to go, or that can be had back at `now`. By their ids. */
  underWay(organisationId: Id, now: Timestamp, page: ReclaimPage): Promise<Seat[]>;

  /** Those that have not ended at `now`, by their ids. At most 1,000. */
  exemptions(organisationId: Id, now: Timestamp): Promise<Exemption[]>;
  hasGroup(organisationId: Id, groupId: Id): Promise<boolean>;
  addExemption(exemption: Exemption, change?: SetupChange): Promise<void>;
  /** False when there was none. */
  withdrawExemption(organisationId: Id, id: Id, change?: SetupChange): Promise<boolean>;

  /** By their dates. At most 1,000. */
  contractions(organisationId: Id, poolId: Id): Promise<Contraction[]>;
  /**
   * Moves the version of the pool, so that nobody changes the pool who has not seen it.
   * @param madeFor the version of the pool for which it was checked
   * @returns false when the pool has another one by now: nothing is saved
   */
  addContraction(contraction: Contraction, madeFor: number, change?: SetupChange): Promise<boolean>;
  /** False when there was none that is still planned. */
  cancelContraction(organisationId: Id, poolId: Id, id: Id, change?: SetupChange): Promise<boolean>;
  /** Who would have to go, the first first: the next `limit` of the pool. */
  firstToGo(
    pool: Pick<Pool, "organisationId" | "id">,
    now: Timestamp,
    limit: number,
  ): Promise<Placed[]>;
  /** Seats of the pool that are to go already, by their ends. At most 1,000. */
  going(organisationId: Id, poolId: Id): Promise<Seat[]>;

  findResource(organisationId: Id, kind: string, id: string): Promise<Resource | null>;
  /** By kind, then id. */
  resources(organisationId: Id, page: ResourcePage): Promise<Resource[]>;
  /** Indispensable ones whose owner is deactivated or gone. At most 1,000. */
  abandoned(organisationId: Id): Promise<Resource[]>;
  /** Those of the roles that nobody active has. */
  rolesWithout(organisationId: Id, roles: readonly string[]): Promise<string[]>;
}
