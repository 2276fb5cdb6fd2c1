import { createSafeFetch, type SafeFetch } from "../http/safeFetch.js";
import type { CommandContext } from "./context.js";
import type { Finding } from "./io.js";

const TOGETHER = 8;

/**
 * Whether the keys of those whose signed word counts can be had, in the way in which the token endpoint gets them. An
 * identity provider that is down is no fault of this installation, so it is a warning.
 */
export async function keyFindings(
  { config, deps: { store } }: CommandContext,
  fetch: SafeFetch = createSafeFetch({ allowLoopback: config.mode === "practice" }),
): Promise<Finding[]> {
  if ((await store.pendingMigrations()).length > 0) return [];
  const trusted = await trustedKeys(store);
  const findings: Finding[] = [];
  for (let done = 0; done < trusted.length; done += TOGETHER) {
    const some = trusted.slice(done, done + TOGETHER);
    findings.push(...(await Promise.all(some.map((each) => findingOf(each, fetch)))));
  }
  return findings.length === 0
    ? [{ check: "keys of clients", state: "ok", message: "nobody is trusted by signature" }]
    : findings;
}

interface TrustedKeys {
  /** "acme, Entra" */
  readonly where: string;
  readonly jwksUrl: string;
}

async function trustedKeys({
  administration,
  clients,
}: CommandContext["deps"]["store"]): Promise<TrustedKeys[]> {
  const trusted: TrustedKeys[] = [];
  for (const { id, slug } of await administration.listOrganisations()) {
    const names = new Map(
      (await administration.listConnections(id)).map((each) => [each.id, each.name]),
    );
    for (const { client } of await clients.listClients(id)) {
      if (client.trust === null || client.revokedAt !== null) continue;
      const name = names.get(client.connectionId) ?? client.connectionId;
      trusted.push({ where: `${slug}, ${name}`, jwksUrl: client.trust.jwksUrl });
    }
  }
  return trusted;
}

async function findingOf({ where, jwksUrl }: TrustedKeys, fetch: SafeFetch): Promise<Finding> {
  const check = `keys (${where})`;
  try {
    const { status, body } = await fetch(jwksUrl, { accept: "application/json" });
    if (status !== 200) throw new Error(`it answers ${String(status)}`);
    const count = keysIn(body);
    if (count === 0) throw new Error("it answers without any keys");
    return { check, state: "ok", message: `${hostOf(jwksUrl)} answers (${String(count)} keys)` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = "Its clients get no access until it answers with keys: seatkeeper client trust";
    return { check, state: "warning", message: `${jwksUrl}: ${why}. ${advice}` };
  }
}

function keysIn(body: string): number {
  try {
    const document = JSON.parse(body) as { readonly keys?: unknown } | null;
    return Array.isArray(document?.keys) ? document.keys.length : 0;
  } catch {
    throw new Error("it does not answer with JSON");
  }
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}
