import type { Principal } from "../domain/administration/delegation.js";
import type { Id, Timestamp, User } from "../domain/directory.js";
import type { Invitation } from "../domain/invitations/invitation.js";
import type { Purchase } from "../domain/administration/purchase.js";

/** Who administers, who is invited, what is being bought: reading it. Changes are decisions. Part of src/ports.ts. */

export interface PrincipalView extends Principal {
  /** Of a person whose account exists. */
  readonly userName: string | null;
}

export interface InvitationView extends Invitation {
  /** The account, while it exists. */
  readonly user: Pick<User, "externalId" | "userName" | "connectionId"> | null;
}

interface IdPage {
  readonly after?: string;
  readonly limit: number;
}

/** `active`: only those whose accounts are, or are not. */
export interface PeoplePage extends IdPage {
  readonly active?: boolean;
}

export interface Papers {
  /** Those that stand, in the order of their ids. */
  principals(organisationId: Id): Promise<PrincipalView[]>;
  /** Whether there were owners and none of them can act any more: the directory has deprovisioned the last one. */
  lacksOwner(organisationId: Id): Promise<boolean>;
  /** The newest first; `teams`: those that name one of them. */
  invitations(
    organisationId: Id,
    page: IdPage & { readonly teams?: readonly string[] },
  ): Promise<InvitationView[]>;
  /** By id, or by the public id of the secret. */
  findInvitation(organisationId: Id, idOrPublicId: string): Promise<InvitationView | null>;
  /** The newest first. */
  purchases(
    organisationId: Id,
    page: IdPage & { readonly poolId?: Id; readonly isOpen?: boolean },
  ): Promise<Purchase[]>;
  findPurchase(organisationId: Id, id: Id): Promise<Purchase | null>;
  /** Seats asked for and not in force yet, by pool id. Pools without are missing. */
  seatsRequested(organisationId: Id): Promise<Map<Id, number>>;
  /** People in one of the teams, in the order of their ids. */
  peopleIn(organisationId: Id, teams: readonly string[], page: PeoplePage): Promise<User[]>;
  /** Organisations with invitations that are over, or purchases that come into force. */
  organisationsWithDue(now: Timestamp): Promise<Id[]>;
}
