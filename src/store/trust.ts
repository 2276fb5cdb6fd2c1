import type { MetadataState, Trust, TrustStore } from "../ports/trust.js";
import type { Context } from "./context.js";
import { keepExisting, replaceExisting } from "./dialect.js";
import { createKeys } from "./keys.js";
import { isStorableId } from "./limits.js";
import { EVENT_COLUMNS, eventValues } from "./rows/history.js";
import { insertRows, type Sql } from "./sql.js";

const STATE =
  "SELECT connectionId, organisationId, url, refreshedAt, nextRefreshAt, failedAt, failures, failure, claimedUntil FROM metadata_sources";
const FAILURE_CHARACTERS = 500;

export function createTrustStore(context: Context): TrustStore {
  return { trust: createTrust(context), keys: createKeys(context) };
}

function createTrust({ reader, writer }: Context): Trust {
  return {
    claimDueMetadata: (limit, { now, until }) =>
      writer.change(async (sql) => {
        const due = await sql.all<{ connectionId: string }>(
          "SELECT connectionId FROM metadata_sources WHERE nextRefreshAt <= ? AND claimedUntil <= ? ORDER BY nextRefreshAt LIMIT ?",
          [now, now, limit],
        );
        const claimed: MetadataState[] = [];
        for (const { connectionId } of due) {
          // Another node may have been faster: the condition is part of the update.
          const affected = await sql.run(
            "UPDATE metadata_sources SET claimedUntil = ? WHERE connectionId = ? AND claimedUntil <= ? AND nextRefreshAt <= ?",
            [until, connectionId, now, now],
          );
          const state = affected === 1 ? await find(sql, connectionId) : null;
          if (state !== null) claimed.push(state);
        }
        return claimed;
      }),
    claimMetadata: (connectionId, { now, until, notSince }) =>
      writer.change(async (sql) => {
        if (!isStorableId(connectionId)) return null;
        const affected = await sql.run(
          "UPDATE metadata_sources SET claimedUntil = ?, askedAt = ? WHERE connectionId = ? AND claimedUntil <= ? AND (askedAt IS NULL OR askedAt <= ?)",
          [until, now, connectionId, now, notSince],
        );
        return affected === 1 ? find(sql, connectionId) : null;
      }),
    findMetadata: (connectionId) => reader.read((sql) => find(sql, connectionId)),
    async metadataRefreshed(connectionId, at, nextAt) {
      await writer.change((sql) =>
        sql.run(
          "UPDATE metadata_sources SET refreshedAt = ?, nextRefreshAt = ?, failedAt = NULL, failures = 0, failure = NULL, claimedUntil = 0 WHERE connectionId = ?",
          [at, nextAt, connectionId],
        ),
      );
    },
    async metadataFailed(connectionId, at, nextAt, failure) {
      await writer.change((sql) =>
        sql.run(
          "UPDATE metadata_sources SET failedAt = ?, nextRefreshAt = ?, failures = failures + 1, failure = ?, claimedUntil = 0 WHERE connectionId = ?",
          [at, nextAt, failure.slice(0, FAILURE_CHARACTERS), connectionId],
        ),
      );
    },
    ...certificates({ reader, writer }),
  };
}

function certificates({ reader, writer }: Pick<Context, "reader" | "writer">) {
  return {
    async certificateVerified({ id, organisationId }, fingerprint, at) {
      await writer.change((sql) =>
        sql.run(
          `INSERT INTO certificate_uses (organisationId, connectionId, fingerprint, firstVerifiedAt, lastVerifiedAt) VALUES (?, ?, ?, ?, ?)${replaceExisting(
            sql.dialect,
            ["connectionId", "fingerprint"],
            ["lastVerifiedAt"],
          )}`,
          [organisationId, id, fingerprint, at, at],
        ),
      );
    },
    certificateUses: (connectionId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<{
          fingerprint: string;
          firstVerifiedAt: number;
          lastVerifiedAt: number;
        }>(
          "SELECT fingerprint, firstVerifiedAt, lastVerifiedAt FROM certificate_uses WHERE connectionId = ?",
          [connectionId],
        );
        return new Map(rows.map(({ fingerprint, ...use }) => [fingerprint, use]));
      }),
    warnOfCertificate: ({ connectionId, fingerprint, days }, event) =>
      writer.locked(event.organisationId, async (sql) => {
        const [given] = await sql.all(
          "SELECT days FROM certificate_warnings WHERE connectionId = ? AND fingerprint = ? AND days = ?",
          [connectionId, fingerprint, days[0]],
        );
        if (given !== undefined) return false;
        for (const each of days) {
          await sql.run(
            `INSERT INTO certificate_warnings (organisationId, connectionId, fingerprint, days, at) VALUES (?, ?, ?, ?, ?)${keepExisting(sql.dialect, "days")}`,
            [event.organisationId, connectionId, fingerprint, each, event.at],
          );
        }
        await insertRows(sql, "outbox", EVENT_COLUMNS, [eventValues(event)]);
        return true;
      }),
  } satisfies Partial<Trust>;
}

async function find(sql: Pick<Sql, "all">, connectionId: string): Promise<MetadataState | null> {
  const [row] = await sql.all<MetadataState>(`${STATE} WHERE connectionId = ?`, [connectionId]);
  return row ?? null;
}

/** In the transaction that saves the connection: what it says about the address counts from then on. */
export async function keepSource(
  sql: Sql,
  connection: { readonly id: string; readonly organisationId: string },
  url: string | undefined,
): Promise<void> {
  const { id, organisationId } = connection;
  if (url === undefined) {
    await sql.run("DELETE FROM metadata_sources WHERE connectionId = ?", [id]);
    return;
  }
  await sql.run(
    `INSERT INTO metadata_sources (organisationId, connectionId, url, nextRefreshAt) VALUES (?, ?, ?, 0)${keepExisting(sql.dialect, "connectionId")}`,
    [organisationId, id, url],
  );
  await sql.run(
    "UPDATE metadata_sources SET url = ?, refreshedAt = NULL, nextRefreshAt = 0, failedAt = NULL, failures = 0, failure = NULL WHERE connectionId = ? AND url <> ?",
    [url, id, url],
  );
}
