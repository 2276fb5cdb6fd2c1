import { createActions } from "./actions.js";
import { createApi } from "./api.js";
import type { SeatkeeperApi } from "./api.js";
import { createApplication } from "./app.js";
import { ensureConnection, openConnection } from "./connections.js";
import type { OpenConnection } from "./connections.js";
import { ensureOrganisation, ensurePools, ensureRules, ORGANISATION } from "./example.js";
import { createInsight } from "./insight.js";
import { createProvisioner } from "./provisioner.js";
import { readServiceProvider } from "./saml/metadata.js";
import { createSamlIdp } from "./saml/samlIdp.js";
import type { SamlIdp } from "./saml/samlIdp.js";
import type { SigningKey } from "./saml/keys.js";
import { createScimClient } from "./scimClient.js";
import { APPLICATION_PATH, createSite } from "./site.js";
import { openDirectory } from "./state.js";
import type { Directory } from "./state.js";
import { readJson } from "./storage.js";
import type { Storage } from "./storage.js";

/**
 * Makes a running Seatkeeper Acorn's: organisation, pools, rules, connections, people. Everything goes over HTTP, as it
 * would from a customer's network, and everything that is there already stays.
 */
export interface SetUpParts {
  /** Seatkeeper's base URL and an operator's token for its admin API. */
  readonly seatkeeperUrl: string;
  readonly token: string;
  /** This IdP's own address. */
  readonly origin: string;
  readonly storage: Storage;
  readonly key: SigningKey;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly logError: (error: unknown) => void;
}

export interface SetUp {
  readonly site: ReturnType<typeof createSite>;
  readonly practice: OpenConnection;
  readonly others: readonly OpenConnection[];
}

/** Does not change with the port, so a restart on another one needs no new trust. */
const IDP_ENTITY_ID = "urn:acorn.example:practice-idp";
const STATE_FILE = "practice-directory.json";

export async function setUp(parts: SetUpParts): Promise<SetUp> {
  const { origin, seatkeeperUrl, storage, now, logError } = parts;
  const directory = openDirectory(readJson(storage, STATE_FILE), (state) =>
    storage.write(STATE_FILE, JSON.stringify(state, null, 2)),
  );
  const csrfToken = parts.randomId();
  const samlIdp = createSamlIdp({
    ...parts,
    entityId: IDP_ENTITY_ID,
    ssoUrl: `${origin}/saml/sso`,
    directory,
    csrfToken,
  });
  const api = createApi({ baseUrl: `${seatkeeperUrl}/api/v1`, token: parts.token });
  await ensureOrganisation(api);
  await ensurePools(api);
  await ensureRules(api);
  const applicationUrl = origin + APPLICATION_PATH;
  const connections = await openConnections(api, { directory, samlIdp, applicationUrl });
  const { practice } = connections;
  samlIdp.trust(await fetchServiceProvider(practice.saml.metadataUrl));

  const { baseUrl } = practice.scim;
  const client = createScimClient({ baseUrl, token: practice.token, now });
  const provisioner = createProvisioner(directory, client);
  const insight = createInsight(api, ORGANISATION.slug);
  await provisioner.syncAll(() => undefined);
  await insight.settled();

  const actionParts = { directory, provisioner, insight, api, connectionId: practice.id };
  const site = createSite({
    ...{ origin, seatkeeperUrl, csrfToken, directory, insight, samlIdp, logError },
    loginUrl: practice.saml.loginUrl,
    actions: createActions(actionParts),
    application: createApplication({ issuer: seatkeeperUrl, applicationUrl, now }),
    randomId: parts.randomId,
  });
  return { site, ...connections };
}

interface ConnectionParts {
  readonly directory: Directory;
  readonly samlIdp: SamlIdp;
  readonly applicationUrl: string;
}

async function openConnections(
  api: SeatkeeperApi,
  { directory, samlIdp, applicationUrl }: ConnectionParts,
): Promise<{ practice: OpenConnection; others: OpenConnection[] }> {
  const practice = await ensureConnection(api, "practice", {
    plugin: directory.dialect(),
    applicationUrl,
    saml: { metadata: samlIdp.metadata, justInTime: "link", requireSignedResponse: true },
  });
  const okta = await ensureConnection(api, "okta", { plugin: "okta" });
  const entra = await ensureConnection(api, "entra", { plugin: "entra" });
  return {
    practice: await openConnection(api, practice),
    others: [await openConnection(api, okta), await openConnection(api, entra)],
  };
}

async function fetchServiceProvider(metadataUrl: string) {
  const response = await fetch(metadataUrl, { redirect: "error" });
  if (!response.ok) throw new Error(`${metadataUrl} answered ${response.status}.`);
  return readServiceProvider(await response.text());
}
