import { SeatkeeperError } from "../../errors.js";
import type { Connection } from "../../domain/directory.js";
import { providerOf } from "../../domain/signIn/provider.js";
import type { Administration, SetupChange } from "../../ports.js";
import type { Context } from "../context.js";
import type { Link } from "../database.js";
import { mappingChanged } from "./rules.js";
import { requireFreeName } from "./names.js";
import { recordSetup } from "./setup.js";
import { endSessions } from "../save/sessions.js";
import { isStorableId } from "../limits.js";
import {
  bindingFromRow,
  connectionFromRow,
  connectionToRow,
  organisationToRow,
} from "../rows/administration.js";
import type { ConnectionRow } from "../rows/administration.js";
import { organisationFromRow } from "../rows/directory.js";
import type { OrganisationRow } from "../rows/directory.js";
import type { Sql } from "../sql.js";
import { keepSource } from "../trust.js";

type Tenants = Pick<
  Administration,
  | "createOrganisation"
  | "findOrganisation"
  | "listOrganisations"
  | "createConnection"
  | "updateConnection"
  | "findConnection"
  | "listConnections"
  | "forgetIdentities"
>;

const ORGANISATION = "SELECT id, slug, name, createdAt, timeZone FROM organisations";
const CONNECTION =
  "SELECT id, organisationId, name, plugin, enabled, saml, lastProvider, applicationUrl, assignments, version, createdAt FROM connections";

export function administerTenants({ reader, writer, models, clock, pushEvents }: Context): Tenants {
  return {
    createOrganisation: (organisation, change) =>
      writer.founding(organisation.id, async (sql) => {
        await models.organisations.create(organisationToRow(organisation), sql.options);
        await recordSetup(sql, organisation.id, change);
      }),
    findOrganisation: (idOrSlug) =>
      reader.read(async (sql) => {
        const rows = await sql.all<OrganisationRow>(`${ORGANISATION} WHERE id = ? OR slug = ?`, [
          isStorableId(idOrSlug) ? idOrSlug : "",
          idOrSlug,
        ]);
        const row = rows.find(({ id }) => id === idOrSlug) ?? rows[0];
        return row === undefined ? null : organisationFromRow(row);
      }),
    listOrganisations: () =>
      reader.read(async (sql) => {
        const rows = await sql.all<OrganisationRow>(`${ORGANISATION} ORDER BY slug`);
        return rows.map(organisationFromRow);
      }),
    createConnection: (connection, change) =>
      writer.locked(connection.organisationId, async (sql) => {
        await requireFreeName(sql, "connection", connection);
        await models.connections.create(connectionToRow(connection), sql.options);
        await afterCreation(sql, connection, change);
      }),
    updateConnection: (connection, expectedVersion, change) =>
      writer.locked(connection.organisationId, async (sql) => {
        await replaceConnection({ models, clock, pushEvents }, sql, connection, expectedVersion);
        await recordSetup(sql, connection.organisationId, change);
      }),
    findConnection: (id) =>
      reader.read(async (sql) => {
        if (!isStorableId(id)) {
          return null;
        }
        const [row] = await sql.all<ConnectionRow>(`${CONNECTION} WHERE id = ?`, [id]);
        return row === undefined ? null : connectionFromRow(row);
      }),
    forgetIdentities: (organisationId, { connectionId, userId = null }, change) =>
      writer.locked(organisationId, async (sql) => {
        const forgotten = await forgetIdentities(sql, organisationId, connectionId, userId);
        // Of everybody it is more than those who are counted: deleted people do not get their links back.
        if (forgotten > 0 || userId === null) await recordSetup(sql, organisationId, change);
        return forgotten;
      }),
    listConnections: (organisationId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<ConnectionRow>(
          `${CONNECTION} WHERE organisationId = ? ORDER BY id`,
          [organisationId],
        );
        return rows.map(connectionFromRow);
      }),
  };
}

async function afterCreation(
  sql: Sql,
  connection: Connection,
  change: SetupChange | undefined,
): Promise<void> {
  await keepSource(sql, connection, connection.saml?.metadataUrl);
  if (!connection.assignments) await mappingChanged(sql, connection.organisationId);
  await recordSetup(sql, connection.organisationId, change);
}

/** With what follows from it. @throws VersionMismatch, Uniqueness */
async function replaceConnection(
  { models, clock, pushEvents }: Pick<Context, "models" | "clock" | "pushEvents">,
  sql: Link,
  connection: Connection,
  expectedVersion: number,
): Promise<void> {
  const { id, organisationId, createdAt: _, ...values } = connectionToRow(connection);
  const where = { id, organisationId, version: expectedVersion };
  const [before] = await sql.all<Pick<ConnectionRow, "assignments" | "saml" | "lastProvider">>(
    "SELECT assignments, saml, lastProvider FROM connections WHERE organisationId = ? AND id = ?",
    [organisationId, id],
  );
  await requireFreeName(sql, "connection", connection);
  const [affected] = await models.connections.update(values, { where, ...sql.options });
  if (before === undefined || affected === 0) throw new SeatkeeperError("VersionMismatch");
  await keepSource(sql, connection, connection.saml?.metadataUrl);
  if (before.assignments !== values.assignments) await mappingChanged(sql, organisationId);
  // The same NameID of another provider may be another person; so it may where nobody knows who the provider was.
  const isReplaced = providerOf(bindingFromRow(before)) !== providerOf(connection);
  if (isReplaced) await forgetIdentities(sql, organisationId, id, null);
  if (connection.enabled && !isReplaced) return;
  // What the former provider vouched for does not outlast it, as nothing outlasts the connection.
  const reason = connection.enabled ? "providerReplaced" : "connectionDisabled";
  const ending = { organisationId, at: clock.now(), reason, pushEvents };
  await endSessions(sql, ending, "s.connectionId = ?", [id]);
}

/** Of one person, or of all: then of deleted people, too, whose links are kept with the generation that they are of. */
async function forgetIdentities(
  sql: Sql,
  organisationId: string,
  connectionId: string,
  userId: string | null,
): Promise<number> {
  if (userId === null) {
    await sql.run(
      "UPDATE connections SET linkGeneration = linkGeneration + 1 WHERE organisationId = ? AND id = ?",
      [organisationId, connectionId],
    );
  }
  const person = userId === null ? "" : " AND userId = ?";
  return sql.run(`DELETE FROM identities WHERE organisationId = ? AND connectionId = ?${person}`, [
    organisationId,
    connectionId,
    ...(userId === null ? [] : [userId]),
  ]);
}
