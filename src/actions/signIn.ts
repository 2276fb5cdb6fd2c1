import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { foldName } from "../domain/directory.js";
import { logout, type LoggedOut, type Logout } from "../domain/logout.js";
import { signIn, type SignIn, type SignInResult } from "../domain/signIn.js";
import type { Runner } from "./run.js";

/** A verified assertion becomes a session, in one transaction (SAML.md section 5 f). */
export interface SignInAction {
  /** @throws SeatkeeperError SignInFailed, SignInUnknownUser, Inactive */
  signIn(organisationId: Id, attempt: SignIn, cause: Cause): Promise<SignInResult>;
  /** A verified logout request ends what it names, once. @throws SeatkeeperError LogoutRefused */
  logout(organisationId: Id, asked: Logout, cause: Cause): Promise<LoggedOut>;
}

export function createSignIn(runner: Runner): SignInAction {
  return {
    signIn: (organisationId, attempt, cause) => {
      const { connection, nameId, requestId, browserHash, assertionId, externalId } = attempt;
      const byExternalId = connection.saml?.linkBy === "externalId" && externalId !== undefined;
      return runner.run(organisationId, {
        cause,
        needs: {
          identities: [{ connectionId: connection.id, nameId }],
          userNames: [foldName(attempt.userName)],
          provisionedAs: byExternalId ? [{ connectionId: connection.id, externalId }] : [],
          signIns: [{ connectionId: connection.id, requestId, browserHash, assertionId }],
        },
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
