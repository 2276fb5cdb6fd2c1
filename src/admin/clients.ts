import {
  createClient,
  revokeClient,
  revokeClientSecret,
  rotateClientSecret,
  trustIssuer,
  type ClientAddress,
} from "../actions/administerClients.js";
import { connectionOf } from "../actions/administerConnections.js";
import { rotationForm, tokenForm, trustForm } from "./forms.js";
import { presentClient, presentSecret } from "./presentClients.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** OAuth clients of a connection. */

const CLIENTS = "/organisations/:org/connections/:connection/clients";

export const CLIENT_ROUTES: Routes<OrganisationCall> = {
  [CLIENTS]: { GET: listClients, POST: addClient },
  [`${CLIENTS}/:client`]: { DELETE: removeClient },
  [`${CLIENTS}/:client/secrets`]: { POST: addSecret },
  [`${CLIENTS}/:client/secrets/:secret`]: { DELETE: removeSecret },
  "/organisations/:org/connections/:connection/trust": { PUT: setTrust },
};

async function listClients({ deps, organisation, param }: OrganisationCall): Promise<Reply> {
  const connection = await connectionOf(deps, organisation.id, param("connection"));
  const now = deps.store.clock.now();
  const all = await deps.store.clients.listClients(organisation.id);
  const items = all
    .filter(({ client }) => client.connectionId === connection.id)
    .map((each) => presentClient(each, now));
  return { body: { items } };
}

async function addClient(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, body, cause } = call;
  const form = { ...body(tokenForm), cause: cause("client.created") };
  const made = await createClient(deps, organisation.id, param("connection"), form);
  const { client, record, secret } = made;
  const shown = presentClient({ client, secrets: [record] }, deps.store.clock.now());
  return { status: 201, body: { ...shown, secret } };
}

async function removeClient(call: OrganisationCall): Promise<Reply> {
  await revokeClient(call.deps, addressed(call, "client.revoked"));
  return { status: 204 };
}

async function addSecret(call: OrganisationCall): Promise<Reply> {
  const { deps, body } = call;
  const where = addressed(call, "client.rotated");
  const made = await rotateClientSecret(deps, where, body(rotationForm));
  const shown = presentSecret(made.record, deps.store.clock.now());
  return { status: 201, body: { clientId: made.client.id, ...shown, secret: made.secret } };
}

async function removeSecret(call: OrganisationCall): Promise<Reply> {
  await revokeClientSecret(call.deps, addressed(call, "secret.revoked"), call.param("secret"));
  return { status: 204 };
}

async function setTrust(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, body, cause } = call;
  const form = { ...body(trustForm), cause: cause("trust.changed") };
  const client = await trustIssuer(deps, organisation.id, param("connection"), form);
  return { body: presentClient({ client, secrets: [] }, deps.store.clock.now()) };
}

function addressed(
  { organisation, param, cause }: OrganisationCall,
  action: string,
): ClientAddress {
  return {
    organisationId: organisation.id,
    connectionId: param("connection"),
    clientId: param("client"),
    cause: cause(action),
  };
}
