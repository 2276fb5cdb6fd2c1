import type { Authority, Principal } from "../domain/administration/delegation.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import {
  changeAccess,
  endAccess,
  grantAccess,
  type PrincipalDraft,
} from "../domain/administration/principals.js";
import type { Role, Scope } from "../domain/administration/scope.js";
import { invalid } from "./invalid.js";
import type { Runner } from "./run.js";

/** Who may administer an organisation (docs/delegation.md). */
export interface Delegation {
  /** @throws SeatkeeperError NotFound, Inactive, Uniqueness, MissingScope, InvalidValue */
  grantAccess(
    organisationId: Id,
    by: Authority,
    draft: PrincipalDraft,
    cause: Cause,
  ): Promise<Principal>;
  /** @throws SeatkeeperError NotFound, MissingScope, LastOwner, InvalidValue */
  changeAccess(
    organisationId: Id,
    by: Authority,
    change: AccessChange,
    cause: Cause,
  ): Promise<Principal>;
  /** @throws SeatkeeperError NotFound, MissingScope, LastOwner */
  endAccess(organisationId: Id, by: Authority, id: Id, cause: Cause): Promise<Principal>;
}

export interface AccessChange extends Shape {
  readonly id: Id;
}

interface Shape {
  readonly role: Role;
  readonly extraScopes: readonly Scope[];
  readonly teams: readonly string[];
}

export function createDelegation(runner: Runner): Delegation {
  return {
    grantAccess: async (organisationId, by, draft, cause) => {
      checkShape(draft);
      return runner.run(organisationId, {
        cause,
        needs: { ...usersOf(draft.userId), papers: { principals: true } },
        decide: (world, ctx) => grantAccess(world, ctx, by, draft),
      });
    },
    changeAccess: async (organisationId, by, change, cause) => {
      checkShape(change);
      return runner.run(organisationId, {
        cause,
        needs: { papers: { principals: true } },
        decide: (world, ctx) => changeAccess(world, ctx, by, change),
      });
    },
    endAccess: (organisationId, by, id, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { papers: { principals: true } },
        decide: (world, ctx) => endAccess(world, ctx, by, id),
      }),
  };
}

function usersOf(userId: Id | null): { users?: readonly Id[] } {
  return userId === null ? {} : { users: [userId] };
}

/** What is limited to teams is limited to what can be: no other scope knows teams. @throws SeatkeeperError InvalidValue */
function checkShape({ role, extraScopes, teams }: Shape): void {
  if (role === "teamAdmin" && teams.length === 0) {
    throw invalid("teams", "A team admin has at least one team.");
  }
  if (role !== "teamAdmin" && teams.length > 0) {
    throw invalid("teams", "Only a team admin is limited to teams.");
  }
  if (role === "teamAdmin" && extraScopes.length > 0) {
    throw invalid("extraScopes", "A team admin has no scope beside those for the teams.");
  }
}
