import {
  acceptInvitation,
  type Acceptance,
  type Accepted,
} from "../domain/invitations/acceptance.js";
import { foldName, type Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { Invitation } from "../domain/invitations/invitation.js";
import { endDueInvitations, endInvitation, invite } from "../domain/invitations/invitations.js";
import { putDueInForce } from "../domain/administration/purchases.js";
import { drain } from "../domain/waiting/drain.js";
import type { World } from "../domain/world.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";
import { hashOfToken, newToken, parseToken, sameHash } from "../token.js";
import type { Runner } from "./run.js";
import { DAY_MS } from "../domain/durations.js";

/** Invitations, and what time has left to do of them and of purchases (docs/delegation.md). */
export interface Invitations {
  /** @throws SeatkeeperError Uniqueness, SeatRefused, Inactive, NotFound */
  invite(
    organisationId: Id,
    input: InvitationInput,
    cause: Cause,
  ): Promise<{
    readonly invitation: Invitation;
    /** The only time that anybody sees it. */
    readonly secret: string;
  }>;
  /** @throws SeatkeeperError NotFound (also for a wrong secret), Conflict, Uniqueness, Inactive */
  acceptInvitation(
    organisationId: Id,
    by: Omit<Acceptance, "id"> & { readonly secret: string },
    cause: Cause,
  ): Promise<Accepted>;
  /** @throws SeatkeeperError NotFound (also for a wrong secret), Conflict */
  declineInvitation(organisationId: Id, secret: string, cause: Cause): Promise<Invitation>;
  /** @throws SeatkeeperError NotFound, Conflict */
  cancelInvitation(organisationId: Id, id: Id, cause: Cause): Promise<Invitation>;
  /** Ends invitations that are over and puts purchases in force whose day has come, in every organisation. */
  settleDue(): Promise<void>;
}

export interface InvitationInput {
  readonly address: string;
  readonly connectionId: Id | null;
  readonly teams: readonly string[];
  readonly poolId: Id | null;
  readonly expiresInDays: number;
  /** The answer must not tell whether the address is somebody's. */
  readonly isDiscreet?: boolean;
}

const PORTION = 50;
/** As for a pool that is changed by hand. */
const DRAIN_MAX = 500;

interface Parts {
  readonly runner: Runner;
  readonly store: Store;
  readonly ids: Ids;
}

export function createInvitations({ runner, store, ids }: Parts): Invitations {
  return {
    invite: async (organisationId, { expiresInDays, ...input }, cause) => {
      const { token: secret, publicId, hash } = newToken("invite", ids);
      const expiresAt = store.clock.now() + expiresInDays * DAY_MS;
      const key = foldName(input.address);
      const invitation = await runner.run(organisationId, {
        cause,
        needs: { userNames: [key], papers: { addresses: [key] } },
        more: invitedPeople,
        decide: (world, ctx) => invite(world, ctx, { ...input, publicId, hash, expiresAt }),
      });
      return { invitation, secret };
    },
    acceptInvitation: async (organisationId, { secret, ...by }, cause) => {
      const { id, userId } = await invitationOf(store, organisationId, secret);
      return runner.run(organisationId, {
        cause,
        needs: {
          users: [userId, ...(by.userId === undefined ? [] : [by.userId])],
          userNames: by.account === undefined ? [] : [foldName(by.account.userName)],
          papers: { invitations: [id] },
        },
        decide: (world, ctx) => acceptInvitation(world, ctx, { id, ...by }),
      });
    },
    declineInvitation: async (organisationId, secret, cause) => {
      const found = await invitationOf(store, organisationId, secret);
      return ending({ runner }, found, "declined", cause);
    },
    cancelInvitation: async (organisationId, id, cause) => {
      const found = await store.papers.findInvitation(organisationId, id);
      if (found?.id !== id) throw new SeatkeeperError("NotFound");
      return ending({ runner }, found, "cancelled", cause);
    },
    settleDue: async () => {
      for (const id of await store.papers.organisationsWithDue(store.clock.now())) {
        await settleDueOf({ runner }, id);
      }
    },
  };
}

function ending(
  { runner }: Pick<Parts, "runner">,
  { organisationId, id, userId }: Invitation,
  state: "declined" | "cancelled",
  cause: Cause,
): Promise<Invitation> {
  return runner.run(organisationId, {
    cause,
    needs: { users: [userId], papers: { invitations: [id] } },
    decide: (world, ctx) => endInvitation(world, ctx, id, state),
  });
}

/** One portion; the next turn of the background finds what is left. */
async function settleDueOf({ runner }: Pick<Parts, "runner">, organisationId: Id): Promise<void> {
  const cause: Cause = { type: "timer", action: "due", actor: "system", requestId: null };
  await runner.run(organisationId, {
    cause,
    needs: { papers: { due: PORTION }, candidates: DRAIN_MAX },
    more: invitedPeople,
    decide: (world, ctx) => {
      endDueInvitations(world, ctx);
      putDueInForce(world, ctx);
      drain(world, ctx);
      return { ok: null };
    },
  });
}

function invitedPeople(world: World): { users: readonly Id[] } | null {
  const users = world.papers.invitations.group("").map(({ userId }) => userId);
  return users.length === 0 ? null : { users };
}

/** Whatever is wrong with the secret, the answer is the same. @throws SeatkeeperError NotFound */
async function invitationOf(
  { papers }: Pick<Store, "papers">,
  organisationId: Id,
  secret: string,
): Promise<Invitation> {
  const parsed = parseToken(secret);
  const publicId = parsed?.kind === "invite" ? parsed.publicId : "0";
  const found = await papers.findInvitation(organisationId, publicId);
  const isRight = sameHash(hashOfToken(secret), found?.hash ?? hashOfToken(""));
  if (found === null || !isRight) throw new SeatkeeperError("NotFound");
  return found;
}
