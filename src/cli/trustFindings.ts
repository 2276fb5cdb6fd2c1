import { certificatesOf, type CertificateReport } from "../actions/certificateReport.js";
import type { Connection } from "../domain/directory.js";
import { WARNING_DAYS } from "../domain/signIn/rollOver.js";
import type { MetadataState } from "../ports/trust.js";
import type { CommandContext } from "./context.js";
import type { Finding } from "./io.js";

/** Certificates of identity providers that end soon, and metadata that cannot be read. */

export async function certificateFindings(context: CommandContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { where, connection } of await signInConnections(context)) {
    const { certificates } = await certificatesOf(context.deps.store, connection);
    findings.push(certificateFinding(where, certificates));
  }
  return findings;
}

/** Several certificates are trusted during a roll-over; what counts is how long the newest lasts. */
function certificateFinding(where: string, certificates: readonly CertificateReport[]): Finding {
  const check = `certificate (${where})`;
  const newest = [...certificates].sort((a, b) => b.expiresAt - a.expiresAt)[0];
  if (newest === undefined) return { check, state: "problem", message: "There is none." };
  const { expiresAt, daysLeft } = newest;
  const date = new Date(expiresAt).toISOString().slice(0, 10);
  const advice =
    "Ask the identity provider for its new metadata and run: seatkeeper connection update";
  if (daysLeft < 0) return { check, state: "warning", message: `Ended on ${date}. ${advice}` };
  const threshold = WARNING_DAYS.filter((days) => daysLeft < days).at(-1);
  if (threshold === undefined) return { check, state: "ok", message: `good until ${date}` };
  const left = `${String(daysLeft)} days left: the last warning was that of ${String(threshold)} days`;
  return { check, state: "warning", message: `Ends on ${date} (${left}). ${advice}` };
}

export async function metadataFindings(context: CommandContext): Promise<Finding[]> {
  const { trust } = context.deps.store;
  const findings: Finding[] = [];
  for (const { where, connection } of await signInConnections(context)) {
    const state = await trust.findMetadata(connection.id);
    if (state !== null) findings.push(metadataFinding(where, state));
  }
  return findings;
}

function metadataFinding(
  where: string,
  { url, refreshedAt, failedAt, failure, failures }: MetadataState,
): Finding {
  const check = `metadata (${where})`;
  const read = refreshedAt === null ? "never" : `on ${new Date(refreshedAt).toISOString()}`;
  if (failure === null || failedAt === null) {
    return { check, state: "ok", message: `last read ${read}` };
  }
  const since = `${String(failures)} times, last on ${new Date(failedAt).toISOString()}`;
  const advice = "The certificates known so far stay in force. Run: seatkeeper connection refresh";
  const message = `${url} failed ${since}; last read ${read}. ${failure} ${advice}`;
  return { check, state: "warning", message };
}

async function signInConnections({
  deps: { store },
}: CommandContext): Promise<{ where: string; connection: Connection }[]> {
  if ((await store.pendingMigrations()).length > 0) return [];
  const found: { where: string; connection: Connection }[] = [];
  for (const { id, slug } of await store.administration.listOrganisations()) {
    for (const connection of await store.administration.listConnections(id)) {
      if (connection.saml !== null) {
        found.push({ where: `${slug}, ${connection.name}`, connection });
      }
    }
  }
  return found;
}
