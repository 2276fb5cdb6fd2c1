import { issueToken } from "../actions/administer.js";
import { canAct, mayGive, scopesOf } from "../domain/administration/delegation.js";
import type { ApiToken } from "../domain/directory.js";
import type { PrincipalRef, Scope } from "../domain/administration/scope.js";
import { SeatkeeperError } from "../errors.js";
import type { PrincipalView } from "../ports/papers.js";
import { apiTokenForm, principalForm, principalPatchForm } from "./delegationForms.js";
import { presentToken, time } from "./present.js";
import type { Call, OrganisationCall, Reply, Routes } from "./route.js";
import { userNamed } from "./who.js";

/** Who may administer an organisation (docs/delegation.md). */

export const PRINCIPAL_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/principals": { GET: list, POST: grant },
  "/organisations/:org/principals/:principal": { PATCH: change, DELETE: end },
};

async function list({ deps, organisation }: OrganisationCall): Promise<Reply> {
  const principals = await deps.store.papers.principals(organisation.id);
  return { body: { items: presentPrincipals(principals) } };
}

async function grant(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, authority, body, cause } = call;
  const { user, name = null, ...rights } = body(principalForm);
  const person = user === undefined ? null : await userNamed(deps, organisation.id, user);
  const made = await deps.actions.grantAccess(
    organisation.id,
    authority,
    { ...rights, name, userId: person?.id ?? null },
    cause("access.granted"),
  );
  return { status: 201, body: await shown(call, made.id) };
}

async function change(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, authority, param, body, cause } = call;
  const { id, role, extraScopes, teams } = await principalOf(call, param("principal"));
  const patch = body(principalPatchForm);
  // Teams belong to one role only: who becomes something else has none.
  const kept = (patch.role ?? role) === "teamAdmin" ? teams : [];
  const next = {
    id,
    role: patch.role ?? role,
    extraScopes: patch.extraScopes ?? extraScopes,
    teams: patch.teams ?? kept,
  };
  await deps.actions.changeAccess(organisation.id, authority, next, cause("access.changed"));
  return { body: await shown(call, id) };
}

async function end({
  deps,
  organisation,
  authority,
  param,
  cause,
}: OrganisationCall): Promise<Reply> {
  await deps.actions.endAccess(
    organisation.id,
    authority,
    param("principal"),
    cause("access.ended"),
  );
  return { status: 204 };
}

async function shown(call: OrganisationCall, id: string) {
  const principals = await call.deps.store.papers.principals(call.organisation.id);
  return presentPrincipals(principals).find((one) => one.id === id) ?? {};
}

/** @throws SeatkeeperError NotFound */
async function principalOf(
  { deps, organisation }: OrganisationCall,
  id: string,
): Promise<PrincipalView> {
  const principals = await deps.store.papers.principals(organisation.id);
  const found = principals.find((one) => one.id === id);
  if (found === undefined) throw new SeatkeeperError("NotFound");
  return found;
}

/** `isLastOwner`: without this one nobody could administer; to be seen before an account is deprovisioned. */
export function presentPrincipals(principals: readonly PrincipalView[]) {
  const owners = principals.filter((one) => one.role === "owner" && canAct(one));
  return principals.map((principal) => {
    const { id, userId, userName, name, role, extraScopes, teams, isAble } = principal;
    return {
      ...{ id, userId, userName, name, role, extraScopes, teams },
      scopes: scopesOf(principal),
      state: isAble ? "active" : "inactive",
      isLastOwner: owners.length === 1 && owners[0]?.id === id,
      grantedBy: principal.grantedBy,
      createdAt: time(principal.createdAt),
    };
  });
}

// ---------------------------------------------------------------------------------------------------------------
// Tokens

/** A token of the API: of a principal, or the organisation's own; never for more than whoever issues it may do. */
export async function issueApiToken(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const { principal: principalId, scopes, ...form } = body(apiTokenForm);
  const principal = principalId === undefined ? undefined : await principalOf(call, principalId);
  requireToken(call, { principal, scopes });
  const input = {
    ...form,
    ...({ kind: "api", organisationId: organisation.id, connectionId: null, scopes } as const),
    principal: principal === undefined ? undefined : refOf(principal),
  };
  const { token, record } = await issueToken(deps, input, cause("token.issued"));
  return { status: 201, body: { ...presentToken(record, deps.store.clock.now()), token } };
}

function refOf({ id, userId, role, extraScopes, teams, isAble }: PrincipalView): PrincipalRef {
  return { id, userId, role, extraScopes, teams, isAble };
}

interface Bound {
  readonly principal?: PrincipalRef | undefined;
  readonly scopes?: readonly Scope[] | undefined;
}

/**
 * Whoever handles a token could use it: only who may do all that it may.
 * @throws SeatkeeperError MissingScope
 */
export function requireToken({ authority }: OrganisationCall, { principal, scopes }: Bound): void {
  const held = principal === undefined ? ALL : scopesOf(principal);
  const wanted = scopes === undefined ? held : held.filter((scope) => scopes.includes(scope));
  if (!mayGive(authority, wanted)) {
    throw new SeatkeeperError("MissingScope", {
      sentence: "These credentials do not allow themselves all that the token would allow.",
    });
  }
}
const ALL = scopesOf({ role: "owner", extraScopes: [] });

/** As `requireToken`, for a token that is there. One that is not there is refused where it is looked for. */
export async function requireStoredToken(call: OrganisationCall, publicId: string): Promise<void> {
  const token = await call.deps.store.administration.findToken(publicId);
  if (token?.kind === "api" && token.organisationId === call.organisation.id) {
    requireToken(call, token);
  }
}

/** Of the token that asks. */
export async function whoAmI({ token, authority }: Call): Promise<Reply> {
  return { body: presentBearer(token, authority) };
}

function presentBearer(token: ApiToken, authority: Call["authority"]) {
  const { publicId, organisationId, principal } = token;
  return {
    token: publicId,
    organisationId,
    isOperator: authority.isOperator,
    principal:
      principal === undefined
        ? null
        : { id: principal.id, userId: principal.userId, role: principal.role },
    scopes: [...authority.scopes],
    teams: authority.teams,
  };
}
