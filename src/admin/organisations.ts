import {
  createOrganisation,
  deleteRule,
  issueToken,
  revokeToken,
  saveRule,
} from "../actions/administer.js";
import {
  connectionOf,
  createConnection,
  updateConnection,
} from "../actions/administerConnections.js";
import { allowHandOver } from "../actions/handOver.js";
import { rotateToken } from "../actions/rotateToken.js";
import { setupChange } from "../actions/setupChange.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { ApiToken, Organisation } from "../domain/directory.js";
import {
  connectionForm,
  connectionPatchForm,
  handOverForm,
  organisationForm,
  rotationForm,
  ruleForm,
  tokenForm,
} from "./forms.js";
import { issueApiToken, requireRevocable, requireRotatable, whoAmI } from "./principals.js";
import {
  presentHandOver,
  presentConnection,
  presentOrganisation,
  presentRule,
  presentToken,
} from "./present.js";
import type { Call, OrganisationCall, Reply, Routes } from "./route.js";

/** What is set up once: organisations, connections, tokens, rules. */

export const GLOBAL_ROUTES: Routes<Call> = {
  "/catalogue": { GET: async ({ deps }) => ({ body: presentCatalogue(deps.catalogue) }) },
  "/whoami": { GET: whoAmI },
  "/organisations": { GET: listOrganisations, POST: addOrganisation },
};

export const SETUP_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org": {
    GET: async ({ organisation }) => ({ body: presentOrganisation(organisation) }),
  },
  "/organisations/:org/connections": { GET: listConnections, POST: addConnection },
  "/organisations/:org/connections/:connection": { GET: showConnection, PATCH: patchConnection },
  "/organisations/:org/connections/:connection/tokens": {
    GET: listConnectionTokens,
    POST: addConnectionToken,
  },
  "/organisations/:org/connections/:connection/tokens/:token": { DELETE: removeConnectionToken },
  "/organisations/:org/connections/:connection/tokens/:token/rotate": {
    POST: rotateConnectionToken,
  },
  "/organisations/:org/connections/:connection/hand-overs": {
    GET: listHandOvers,
    POST: addHandOver,
    DELETE: withdrawHandOvers,
  },
  "/organisations/:org/tokens": { GET: listTokens, POST: issueApiToken },
  "/organisations/:org/tokens/:token": { DELETE: removeToken },
  "/organisations/:org/tokens/:token/rotate": { POST: rotateApiToken },
  "/organisations/:org/rules": { GET: listRules, POST: addRule },
  "/organisations/:org/rules/:rule": { PUT: replaceRule, DELETE: removeRule },
};

export function presentCatalogue({
  products,
  permissions,
  roles,
  settings,
  extensions,
}: Catalogue) {
  return {
    products: [...products.values()],
    permissions: [...permissions.values()],
    roles: [...roles.values()],
    settings: [...settings.values()],
    extensions: extensions ?? [],
  };
}

// Organisations

async function listOrganisations({ deps, token }: Call): Promise<Reply> {
  const all = await deps.store.administration.listOrganisations();
  const visible = (organisation: Organisation): boolean =>
    token.organisationId === null || token.organisationId === organisation.id;
  return { body: { items: all.filter(visible).map(presentOrganisation) } };
}

async function addOrganisation(call: Call): Promise<Reply> {
  const form = call.body(organisationForm);
  const cause = call.cause("organisation.created");
  const organisation = await createOrganisation(call.deps, form, cause);
  return {
    status: 201,
    location: `${call.deps.baseUrl}/api/v1/organisations/${organisation.id}`,
    body: presentOrganisation(organisation),
  };
}

// Connections

async function listConnections({ deps, organisation }: OrganisationCall): Promise<Reply> {
  const connections = await deps.store.administration.listConnections(organisation.id);
  return { body: { items: connections.map((one) => presentConnection(one, deps.baseUrl)) } };
}

async function addConnection(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const connection = await createConnection(
    deps,
    organisation.id,
    body(connectionForm),
    cause("connection.created"),
  );
  return { status: 201, body: presentConnection(connection, deps.baseUrl) };
}

async function showConnection(call: OrganisationCall): Promise<Reply> {
  return { body: presentConnection(await addressed(call), call.deps.baseUrl) };
}

async function patchConnection(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, body, cause } = call;
  await addressed(call);
  const changed = await updateConnection(deps, organisation.id, param("connection"), {
    ...body(connectionPatchForm),
    cause: cause("connection.changed"),
  });
  return { body: presentConnection(changed, deps.baseUrl) };
}

async function listHandOvers(call: OrganisationCall): Promise<Reply> {
  const { id, organisationId } = await addressed(call);
  const handOvers = await call.deps.store.handOvers.list(organisationId, id);
  return { body: { items: handOvers.map(presentHandOver) } };
}

async function addHandOver(call: OrganisationCall): Promise<Reply> {
  const from = await addressed(call);
  const cause = call.cause("handOver.allowed");
  const handOvers = await allowHandOver(call.deps, from, call.body(handOverForm), cause);
  return { status: 201, body: { items: handOvers.map(presentHandOver) } };
}

async function withdrawHandOvers(call: OrganisationCall): Promise<Reply> {
  const { id, organisationId } = await addressed(call);
  const change = setupChange(call.deps, call.cause("handOver.withdrawn"), { from: id });
  await call.deps.store.handOvers.withdraw(organisationId, id, change);
  return { status: 204 };
}

async function addressed({ deps, organisation, param }: OrganisationCall) {
  return connectionOf(deps, organisation.id, param("connection"));
}

// Tokens

async function listConnectionTokens(call: OrganisationCall): Promise<Reply> {
  const connection = await addressed(call);
  return presentTokens(call, (token) => token.connectionId === connection.id);
}

async function addConnectionToken(call: OrganisationCall): Promise<Reply> {
  const connection = await addressed(call);
  return issued(call, connection.id);
}

async function removeConnectionToken(call: OrganisationCall): Promise<Reply> {
  const connection = await addressed(call);
  return revoked(call, connection.id);
}

async function rotateConnectionToken(call: OrganisationCall): Promise<Reply> {
  const connection = await addressed(call);
  return rotated(call, connection.id);
}

async function listTokens(call: OrganisationCall): Promise<Reply> {
  return presentTokens(call, (token) => token.kind === "api");
}

async function removeToken(call: OrganisationCall): Promise<Reply> {
  await requireRevocable(call, call.param("token"));
  return revoked(call, null);
}

async function rotateApiToken(call: OrganisationCall): Promise<Reply> {
  await requireRotatable(call, call.param("token"));
  return rotated(call, null);
}

async function presentTokens(
  { deps, organisation }: OrganisationCall,
  shown: (token: ApiToken) => boolean,
): Promise<Reply> {
  const tokens = await deps.store.administration.listTokens(organisation.id);
  const now = deps.store.clock.now();
  return { body: { items: tokens.filter(shown).map((token) => presentToken(token, now)) } };
}

async function issued(
  { deps, organisation, body, cause }: OrganisationCall,
  connectionId: string,
): Promise<Reply> {
  const input = { ...body(tokenForm), organisationId: organisation.id, connectionId };
  const { token, record } = await issueToken(
    deps,
    { ...input, kind: "scim" },
    cause("token.issued"),
  );
  return { status: 201, body: { ...presentToken(record, deps.store.clock.now()), token } };
}

async function rotated(
  { deps, organisation, param, body, cause }: OrganisationCall,
  connectionId: string | null,
): Promise<Reply> {
  const where = { organisationId: organisation.id, connectionId };
  const input = { ...body(rotationForm), cause: cause("token.rotated") };
  const done = await rotateToken(deps, where, param("token"), input);
  const now = deps.store.clock.now();
  const replaced = presentToken(done.replaced, now);
  return { status: 201, body: { ...presentToken(done.record, now), token: done.token, replaced } };
}

async function revoked(
  { deps, organisation, param, cause }: OrganisationCall,
  connectionId: string | null,
): Promise<Reply> {
  const where = { organisationId: organisation.id, connectionId };
  await revokeToken(deps, where, param("token"), cause("token.revoked"));
  return { status: 204 };
}

// Rules

async function listRules({ deps, organisation }: OrganisationCall): Promise<Reply> {
  const rules = await deps.store.administration.listRules(organisation.id);
  return { body: { items: rules.map(presentRule) } };
}

async function addRule({ deps, organisation, body, cause }: OrganisationCall): Promise<Reply> {
  const rule = await saveRule(deps, organisation.id, body(ruleForm), {
    cause: cause("rule.created"),
  });
  return { status: 201, body: presentRule(rule) };
}

async function replaceRule(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, body, cause } = call;
  const where = { id: param("rule"), cause: cause("rule.changed") };
  return { body: presentRule(await saveRule(deps, organisation.id, body(ruleForm), where)) };
}

async function removeRule({ deps, organisation, param, cause }: OrganisationCall): Promise<Reply> {
  await deleteRule(deps, organisation.id, param("rule"), cause("rule.deleted"));
  return { status: 204 };
}
