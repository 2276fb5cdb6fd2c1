import express, { type Express } from "express";
import request, { type Test } from "supertest";
import { createActions, type Actions } from "../../src/actions/index.js";
import { createMetadataActions } from "../../src/actions/metadata.js";
import { createPlanActions } from "../../src/actions/plans.js";
import { createOrganisation, issueToken } from "../../src/actions/administer.js";
import { createConnection } from "../../src/actions/administerConnections.js";
import type { AdminDeps } from "../../src/admin/deps.js";
import { createAdminRouter } from "../../src/admin/router.js";
import { loadCatalogue } from "../../src/catalogueFile.js";
import { exampleCatalogueFile } from "../../src/config.js";
import type { Connection, Organisation, User } from "../../src/domain/directory.js";
import type { Cause } from "../../src/domain/history.js";
import { SeatkeeperError } from "../../src/errors.js";
import { isInside } from "../../src/http/safeFetch.js";
import { createLogger } from "../../src/http/logger.js";
import { createRateLimits } from "../../src/http/rateLimit.js";
import { requestId } from "../../src/http/requestId.js";
import type { Store } from "../../src/ports.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { GENEROUS } from "../support/rateLimits.js";

/** The admin API over a real store in memory, with two organisations that must not see each other. */
export interface World {
  readonly app: Express;
  readonly store: Store;
  readonly actions: Actions;
  readonly deps: AdminDeps;
  readonly clock: { now: () => number; value: number };
  readonly acme: Organisation;
  readonly globex: Organisation;
  readonly okta: Connection;
  readonly tokens: { readonly operator: string; readonly acme: string; readonly globex: string };
  readonly logged: string[];
  /** With the operator's token unless another is given. */
  call(method: Method, path: string, token?: string): Test;
  addUser(userName: string, more?: { displayName?: string; active?: boolean }): Promise<User>;
  addGroup(displayName: string, members: readonly User[]): Promise<string>;
  /** What the background would do. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export type Method = "get" | "post" | "put" | "patch" | "delete";

export const CERTIFICATE = "-----BEGIN CERTIFICATE-----";

const CAUSE: Cause = { type: "scim", action: "test", actor: "test", requestId: null };

export async function createWorld(): Promise<World> {
  const clock = { value: Date.parse("2026-03-01T12:00:00Z"), now: () => clock.value };
  const logged: string[] = [];
  const logger = createLogger({
    level: "debug",
    destination: { write: (line) => logged.push(line) },
  });
  const store = await createStore({ url: "sqlite::memory:", clock, logger });
  await store.migrate();
  const catalogue = loadCatalogue(exampleCatalogueFile());
  const actions = createActions({
    store,
    catalogue,
    ids: systemIds,
    logger,
    committed: () => undefined,
  });
  const deps: AdminDeps = {
    store,
    actions,
    catalogue,
    logger,
    ids: systemIds,
    pluginIds: ["generic", "okta", "entra"],
    saml: fakeSamlReader,
    plans: createPlanActions({
      ...{ store, catalogue, ids: systemIds, committed: () => undefined, planHours: 24 },
    }),
    trust: createMetadataActions({
      ...{ store, ids: systemIds, saml: fakeSamlReader, logger, refreshMinutes: 60 },
    }),
    baseUrl: "https://seats.acorn.example",
    bodyBytesMax: 65_536,
  };
  const rateLimits = createRateLimits(GENEROUS, systemIds);
  const router = createAdminRouter({ ...deps, rateLimits });
  const app = express().use(requestId(systemIds)).use("/api/v1", router);
  const acme = await createOrganisation(deps, { slug: "acme", name: "Acme Inc" });
  const globex = await createOrganisation(deps, { slug: "globex", name: "Globex" });
  const okta = await createConnection(deps, acme.id, { name: "Okta", plugin: "okta" });
  const scope = { organisationId: acme.id, connectionId: okta.id };
  const tokens = {
    operator: await tokenFor(deps, null),
    acme: await tokenFor(deps, acme.id),
    globex: await tokenFor(deps, globex.id),
  };
  return {
    ...{ app, store, actions, deps, clock, acme, globex, okta, tokens, logged },
    call: (method, path, token = tokens.operator) =>
      request(app)[method](`/api/v1${path}`).set("Authorization", `Bearer ${token}`),
    addUser: async (userName, { displayName = null, active = true } = {}) => {
      const draft = { userName, displayName, active, externalId: null, document: { userName } };
      return (await actions.createUser(scope, draft, CAUSE)).user;
    },
    addGroup: async (displayName, members) => {
      const draft = { displayName, externalId: null, document: { displayName } };
      const memberIds = members.map(({ id }) => id);
      return (await actions.createGroup(scope, draft, memberIds, CAUSE)).id;
    },
    settle: () => actions.reconcileAll(),
    close: async () => {
      await actions.settled();
      await store.close();
    },
  };
}

const fakeSamlReader: AdminDeps["saml"] = {
  isInside,
  isAllowedHere: () => false,
  fromMetadata: (xml) => {
    if (!xml.includes("EntityDescriptor")) {
      const sentence = "This is not SAML 2.0 metadata.";
      throw new SeatkeeperError("InvalidValue", { field: "saml.metadata", sentence });
    }
    return {
      entityId: "https://idp.example",
      ssoUrl: "https://idp.example/sso",
      certificates: [CERTIFICATE],
      nameIdFormats: [],
    };
  },
  download: () => Promise.resolve("<EntityDescriptor/>"),
  byHand: ({ entityId, ssoUrl, certificate }) => ({
    entityId,
    ssoUrl,
    certificates: [certificate],
    nameIdFormats: [],
  }),
  address: (url) => url,
};

async function tokenFor(deps: AdminDeps, organisationId: string | null): Promise<string> {
  const input = { kind: "api", organisationId, connectionId: null, label: "Anna" } as const;
  return (await issueToken(deps, input)).token;
}
