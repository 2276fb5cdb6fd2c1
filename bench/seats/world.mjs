import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../dist/src/app.js";
import { createOrganisation, createPool } from "../../dist/src/actions/administer.js";
import { createConnection } from "../../dist/src/actions/administerConnections.js";
import { libraryConfig } from "../../dist/src/config.js";
import { noChanges } from "../../dist/src/domain/snapshot.js";
import { systemIds } from "../../dist/src/store/index.js";
import { emptyDatabase } from "../support/server.mjs";

/** Everything of a server but the doors, in this process, on an empty database; and people by the ten thousand. */

const PORTION = 2_000;
const ALL_SEATS = 1_000_000;

/** @typedef {Awaited<ReturnType<typeof openWorld>>} World */

/** @param {"sqlite" | "mariadb"} kind */
export async function openWorld(kind) {
  const directory = mkdtempSync(join(tmpdir(), "seatkeeper-bench-"));
  const database = await emptyDatabase(kind, directory);
  const open = () => createApp(configuration(database.url));
  const app = await open();
  return {
    kind,
    app,
    url: database.url,
    /** Another node on the same database. */
    another: open,
    tenant: (slug) => openTenant(app, slug),
    close: async () => {
      await app.close();
      await database.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configuration(url) {
  return libraryConfig({
    mode: "practice",
    server: { baseUrl: "http://127.0.0.1:0", port: 0 },
    log: { level: "silent" },
    database: { url },
  });
}

async function openTenant(app, slug) {
  const { id: organisationId } = await createOrganisation(app.administer, { slug, name: slug });
  const { id: connectionId } = await createConnection(app.administer, organisationId, {
    plugin: "entra",
    name: "idp",
  });
  const save = (changes) =>
    app.store.write(organisationId, async (tx) => {
      await tx.load({});
      await tx.save({ ...noChanges(), ...changes });
    });
  const portions = async (items, work) => {
    for (let start = 0; start < items.length; start += PORTION) {
      await work(items.slice(start, start + PORTION));
    }
  };
  return {
    organisationId,
    save,
    portions,
    pool: (input) =>
      createPool(app.administer, organisationId, {
        ...{ name: "desk", product: "support", tiers: ["standard", "professional"] },
        ...{ kind: "locked", capacity: ALL_SEATS },
        ...input,
      }),
    /** People as a directory has them, stored but not looked at yet. @returns {Promise<string[]>} their ids */
    async people(count) {
      const now = app.store.clock.now();
      const users = Array.from({ length: count }, (_, index) =>
        userOf({ organisationId, connectionId, now, index }),
      );
      await portions(users, (usersInserted) => save({ usersInserted }));
      return users.map(({ id }) => id);
    },
    async group(displayName, userIds) {
      const now = app.store.clock.now();
      const group = {
        ...{ id: systemIds.next(), organisationId, connectionId, externalId: null, displayName },
        ...{ document: { displayName }, version: 1, createdAt: now, updatedAt: now },
      };
      await save({ groupsInserted: [group] });
      await portions(userIds, (ids) =>
        save({ membersAdded: ids.map((userId) => ({ groupId: group.id, userId })) }),
      );
    },
    /** Until nobody is left to be evaluated. */
    async settled() {
      while ((await app.store.insights.staleCount(organisationId)) > 0) {
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
  };
}

function userOf({ organisationId, connectionId, now, index }) {
  const userName = `person${index}@acorn.example`;
  const document = {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName,
    name: { givenName: "Person", familyName: `Number ${index}` },
    emails: [{ value: userName, type: "work", primary: true }],
    active: true,
  };
  return {
    ...{ id: systemIds.next(), organisationId, connectionId, externalId: userName, userName },
    ...{ displayName: `Person Number ${index}`, active: true, deactivatedAt: null, document },
    ...{ version: 1, createdAt: now, updatedAt: now, lastSignInAt: null },
  };
}
