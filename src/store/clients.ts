import { createHash } from "node:crypto";
import type { AccessToken, ClientSecret } from "../domain/signIn/clients.js";
import { SeatkeeperError } from "../errors.js";
import type { Clients, ClientWithSecrets, FoundSecret, SecretAddress } from "../ports/clients.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { isStorableId } from "./limits.js";
import {
  ACCESS_COLUMNS,
  type AccessRow,
  accessValues,
  CLIENT_COLUMNS,
  clientFromRow,
  type ClientRow,
  clientValues,
  SECRET_COLUMNS,
  secretFromRow,
  secretValues,
  tokenFromAccessRow,
} from "./rows/clients.js";
import { insertRows, type Sql } from "./sql.js";

const TOUCH_MS = 60_000;
const OF_CLIENT = `${of("c", CLIENT_COLUMNS)} FROM clients c`;
const OF_SECRET = of("s", SECRET_COLUMNS);

export function createClients(context: Context): Clients {
  return { ...administered(context), ...asked(context) };
}

/** What people change. */
function administered({ reader, writer }: Context) {
  return {
    createClient: (client, secret, change) =>
      writer.locked(client.organisationId, async (sql) => {
        if (client.trust !== null) {
          await sql.run(
            "UPDATE clients SET revokedAt = ? WHERE connectionId = ? AND trust IS NOT NULL AND revokedAt IS NULL",
            [client.createdAt, client.connectionId],
          );
        }
        await insertRows(sql, "clients", CLIENT_COLUMNS, [clientValues(client)]);
        if (secret !== null) await insertSecret(sql, secret);
        await recordSetup(sql, client.organisationId, change);
      }),
    listClients: (organisationId) =>
      reader.read((sql) => readClients(sql, "c.organisationId = ?", [organisationId])),
    findClient: (organisationId, id) =>
      reader.read(async (sql) => {
        if (!isStorableId(id)) return null;
        const where = "c.organisationId = ? AND c.id = ?";
        return (await readClients(sql, where, [organisationId, id]))[0] ?? null;
      }),
    addSecret: (organisationId, secret, othersEndAt, change) =>
      writer.locked(organisationId, async (sql) => {
        await sql.run(
          "UPDATE client_secrets SET expiresAt = ? WHERE clientId = ? AND (expiresAt IS NULL OR expiresAt > ?)",
          [othersEndAt, secret.clientId, othersEndAt],
        );
        await insertSecret(sql, secret);
        await recordSetup(sql, organisationId, change);
      }),
    revokeClient: (organisationId, id, at, change) =>
      writer.locked(organisationId, async (sql) => {
        const affected = isStorableId(id)
          ? await sql.run(
              "UPDATE clients SET revokedAt = ? WHERE organisationId = ? AND id = ? AND revokedAt IS NULL",
              [at, organisationId, id],
            )
          : 0;
        if (affected > 0) await recordSetup(sql, organisationId, change);
        return affected > 0;
      }),
    revokeSecret: (organisationId, clientId, publicId, at, change) =>
      writer.locked(organisationId, async (sql) => {
        const affected = [clientId, publicId].every(isStorableId)
          ? await sql.run(
              "UPDATE client_secrets SET revokedAt = ? WHERE publicId = ? AND revokedAt IS NULL AND clientId = (SELECT id FROM clients WHERE organisationId = ? AND id = ?)",
              [at, publicId, organisationId, clientId],
            )
          : 0;
        if (affected > 0) await recordSetup(sql, organisationId, change);
        return affected > 0;
      }),
  } satisfies Partial<Clients>;
}

/** What identity providers ask for; each is one statement, whatever it finds. */
function asked({ reader, writer }: Context) {
  return {
    findSecret: ({ connectionId, clientId, publicId }: SecretAddress) =>
      reader.read(async (sql) => {
        const ids = [publicId, clientId, connectionId].map((id) => (isStorableId(id) ? id : ""));
        const [row] = await sql.all<FoundSecret>(
          "SELECT c.organisationId, c.connectionId, s.clientId, s.publicId, s.hash, s.expiresAt FROM client_secrets s JOIN clients c ON c.id = s.clientId JOIN connections k ON k.id = c.connectionId WHERE s.publicId = ? AND c.id = ? AND c.connectionId = ? AND s.revokedAt IS NULL AND c.revokedAt IS NULL AND k.enabled = 1",
          ids,
        );
        return row ?? null;
      }),
    findTrusting: (connectionId) =>
      reader.read(async (sql) => {
        const [row] = await sql.all<ClientRow>(
          `SELECT ${OF_CLIENT} JOIN connections k ON k.id = c.connectionId WHERE c.connectionId = ? AND c.trust IS NOT NULL AND c.revokedAt IS NULL AND k.enabled = 1`,
          [isStorableId(connectionId) ? connectionId : ""],
        );
        return row === undefined ? null : clientFromRow(row);
      }),
    async useAssertion(clientId, assertionId, until) {
      const hash = createHash("sha256").update(assertionId).digest("base64url");
      try {
        await writer.change((sql) =>
          sql.run(
            "INSERT INTO used_client_assertions (clientId, assertionHash, expiresAt) VALUES (?, ?, ?)",
            [clientId, hash, until],
          ),
        );
        return true;
      } catch (error) {
        if (error instanceof SeatkeeperError && error.code === "Uniqueness") return false;
        throw error;
      }
    },
    createAccessToken: (token) =>
      writer.change(async (sql) => {
        await touchSecret(sql, token);
        await insertRows(sql, "access_tokens", ACCESS_COLUMNS, [accessValues(token)]);
      }),
    findAccessToken: (publicId) =>
      reader.read(async (sql) => {
        if (!isStorableId(publicId)) return null;
        const [row] = await sql.all<AccessRow>(
          "SELECT a.publicId, a.organisationId, a.connectionId, a.hash, c.label, a.createdAt, a.expiresAt FROM access_tokens a JOIN clients c ON c.id = a.clientId LEFT JOIN client_secrets s ON s.publicId = a.secretId WHERE a.publicId = ? AND c.revokedAt IS NULL AND s.revokedAt IS NULL",
          [publicId],
        );
        return row === undefined ? null : tokenFromAccessRow(row);
      }),
  } satisfies Partial<Clients>;
}

async function touchSecret(sql: Sql, { secretId, createdAt }: AccessToken): Promise<void> {
  if (secretId === null) return;
  await sql.run(
    "UPDATE client_secrets SET lastUsedAt = ? WHERE publicId = ? AND (lastUsedAt IS NULL OR lastUsedAt <= ?)",
    [createdAt, secretId, createdAt - TOUCH_MS],
  );
}

async function readClients(
  sql: Sql,
  where: string,
  values: readonly string[],
): Promise<ClientWithSecrets[]> {
  const clients = await sql.all<ClientRow>(
    `SELECT ${OF_CLIENT} WHERE ${where} ORDER BY c.createdAt, c.id`,
    values,
  );
  const secrets = await sql.all<ClientSecret>(
    `SELECT ${OF_SECRET} FROM client_secrets s JOIN clients c ON c.id = s.clientId WHERE ${where} ORDER BY s.createdAt, s.expiresAt IS NULL, s.publicId`,
    values,
  );
  return clients.map((row) => ({
    client: clientFromRow(row),
    secrets: secrets.filter(({ clientId }) => clientId === row.id).map(secretFromRow),
  }));
}

async function insertSecret(sql: Sql, secret: ClientSecret): Promise<void> {
  await insertRows(sql, "client_secrets", SECRET_COLUMNS, [secretValues(secret)]);
}

function of(table: string, columns: readonly string[]): string {
  return columns.map((column) => `${table}.${column}`).join(", ");
}
