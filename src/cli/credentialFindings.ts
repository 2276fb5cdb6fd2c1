import type { Organisation, Timestamp } from "../domain/directory.js";
import { credentialState } from "../token.js";
import type { CommandContext } from "./context.js";
import type { Finding } from "./io.js";

/** Tokens and clients' secrets that end soon, or ended while somebody still used them. */
export async function credentialFindings({ deps, again }: CommandContext): Promise<Finding[]> {
  const { store } = deps;
  if ((await store.pendingMigrations()).length > 0) return [];
  const now = store.clock.now();
  const findings: Finding[] = [];
  for (const organisation of [null, ...(await store.administration.listOrganisations())]) {
    const credentials = [
      ...(await tokensOf(deps.store, organisation)),
      ...(organisation === null ? [] : await secretsOf(deps.store, organisation)),
    ];
    const told = credentials.map((each) => ({ ...each, advice: again(each.advice) }));
    findings.push(...told.flatMap((each) => findingOf(each, told, now)));
  }
  const fine: Finding = { check: "tokens", state: "ok", message: "none ends soon" };
  return findings.length === 0 ? [fine] : findings;
}

type Store = CommandContext["deps"]["store"];

interface Credential {
  /** "token", "client secret" */
  readonly what: string;
  readonly publicId: string;
  readonly where: string;
  /** A command. */
  readonly advice: string;
  /** Credentials of the same purpose, of which one can take the other's place. */
  readonly purpose: string;
  readonly expiresAt: Timestamp | null;
  readonly lastUsedAt: Timestamp | null;
  readonly revokedAt: Timestamp | null;
}

async function tokensOf(store: Store, organisation: Organisation | null): Promise<Credential[]> {
  const tokens = await store.administration.listTokens(organisation?.id ?? null);
  const slug = organisation?.slug ?? "--operator";
  return tokens.map(({ publicId, label, kind, connectionId, ...times }) => ({
    what: "token",
    publicId,
    where: `${slug}, ${label}`,
    advice: `token rotate ${slug} --token ${publicId}`,
    purpose: kind === "scim" ? `scim ${String(connectionId)}` : publicId,
    ...times,
  }));
}

async function secretsOf(store: Store, organisation: Organisation): Promise<Credential[]> {
  const clients = await store.clients.listClients(organisation.id);
  return clients.flatMap(({ client, secrets }) =>
    secrets.map(({ publicId, revokedAt, ...times }) => ({
      what: "client secret",
      publicId,
      where: `${organisation.slug}, ${client.label}`,
      advice: `client rotate ${organisation.slug} ${client.id}`,
      purpose: client.id,
      ...times,
      revokedAt: revokedAt ?? client.revokedAt,
    })),
  );
}

/** One whose successor is in use may end in peace; one that ended without ever being used is nobody's loss. */
function findingOf(credential: Credential, all: readonly Credential[], now: Timestamp): Finding[] {
  const { what, publicId, where, advice, lastUsedAt, expiresAt } = credential;
  const state = credentialState(credential, now);
  const hasSuccessor = all.some(
    (other) =>
      other.purpose === credential.purpose &&
      credentialState(other, now) === "active" &&
      (other.lastUsedAt ?? -Infinity) > (lastUsedAt ?? -Infinity),
  );
  const matters = state === "expiring" || (state === "expired" && lastUsedAt !== null);
  if (!matters || hasSuccessor || expiresAt === null) return [];
  const ends = `${state === "expired" ? "Ended" : "Ends"} on ${dayOf(expiresAt)}`;
  const used = lastUsedAt === null ? "never used" : `last used on ${dayOf(lastUsedAt)}`;
  const message = `${ends}, ${used}. Run: ${advice}`;
  return [{ check: `${what} ${publicId} (${where})`, state: "warning", message }];
}

function dayOf(at: Timestamp): string {
  return new Date(at).toISOString().slice(0, 10);
}
