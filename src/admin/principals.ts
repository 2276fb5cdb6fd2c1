import { issueToken } from "../actions/administer.js";
import {
  authorityOf,
  type Bearer,
  canAct,
  mayBear,
  mayGive,
  scopesOf,
} from "../domain/administration/delegation.js";
import type { ApiToken } from "../domain/directory.js";
import type { PrincipalRef } from "../domain/administration/scope.js";
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
  requireBearing(call, { organisationId: organisation.id, principal, scopes });
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

/** Of who is to have the secret. @throws SeatkeeperError MissingScope */
function requireBearing({ authority, token }: OrganisationCall, wanted: Bearer): void {
  if (mayBear(authority, token.principal, wanted)) return;
  throw new SeatkeeperError("MissingScope", {
    sentence:
      "These credentials do not allow themselves all that the token would allow, or all that whoever it is for may do.",
  });
}

/** One that is not there is refused where it is looked for. @throws SeatkeeperError MissingScope */
export async function requireRotatable(call: OrganisationCall, publicId: string): Promise<void> {
  const token = await storedToken(call, publicId);
  if (token !== null) requireBearing(call, token);
}

/** Whoever revokes gets nothing into the hands. @throws SeatkeeperError MissingScope */
export async function requireRevocable(call: OrganisationCall, publicId: string): Promise<void> {
  const token = await storedToken(call, publicId);
  if (token === null || mayGive(call.authority, authorityOf(token).scopes)) return;
  throw new SeatkeeperError("MissingScope", {
    sentence: "These credentials do not allow themselves all that the token allows.",
  });
}

async function storedToken(
  { deps, organisation }: OrganisationCall,
  publicId: string,
): Promise<ApiToken | null> {
  const token = await deps.store.administration.findToken(publicId);
  return token?.kind === "api" && token.organisationId === organisation.id ? token : null;
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
