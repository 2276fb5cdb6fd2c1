import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { linksToAsk, whoIsMeant } from "../domain/people/identity.js";
import { logout, type LoggedOut, type Logout } from "../domain/signIn/logout.js";
import { signIn, type SignIn, type SignInResult } from "../domain/signIn/signIn.js";
import type { Runner } from "./run.js";

/** A verified assertion becomes a session, in one transaction. */
export interface SignInAction {
  /** @throws SeatkeeperError SignInFailed, SignInUnknownUser, Inactive */
  signIn(organisationId: Id, attempt: SignIn, cause: Cause): Promise<SignInResult>;
  /** A verified logout request ends what it names, once. @throws SeatkeeperError LogoutRefused */
  logout(organisationId: Id, asked: Logout, cause: Cause): Promise<LoggedOut>;
}

export function createSignIn(runner: Runner): SignInAction {
  return {
    signIn: (organisationId, attempt, cause) => {
      const { connection, requestId, browserHash, assertionId } = attempt;
      const asked = { connectionId: connection.id, requestId, browserHash, assertionId };
      const provider = connection.saml?.idpEntityId;
      return runner.run(organisationId, {
        cause,
        needs: {
          ...whoIsMeant(attempt),
          signIns: [provider === undefined ? asked : { ...asked, provider }],
        },
        more: (world) => linksToAsk(world, attempt),
        decide: (world, ctx) => signIn(world, ctx, attempt),
      });
    },
    logout: (organisationId, asked, cause) => {
      const { connectionId, nameId, messageId } = asked;
      return runner.run(organisationId, {
        cause,
        needs: {
          identities: [{ connectionId, nameId }],
          logouts: [{ connectionId, nameId, messageId }],
        },
        decide: (world, ctx) => logout(world, ctx, asked),
      });
    },
  };
}
