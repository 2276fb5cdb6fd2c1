import { z } from "zod";
import {
  addDomain,
  domainOf,
  leadTo,
  proofOf,
  removeDomain,
  verifyDomain,
  type DomainDeps,
} from "../actions/domains.js";
import { connectionOf } from "../actions/administerConnections.js";
import { SeatkeeperError } from "../errors.js";
import type { MailDomain } from "../ports/domains.js";
import type { AdminDeps } from "./deps.js";
import { time, timeOrNull } from "./present.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** Domains of e-mail addresses by which people find their sign-in (docs/discovery.md). */

const DOMAINS = "/organisations/:org/domains";

export const DOMAIN_ROUTES: Routes<OrganisationCall> = {
  [DOMAINS]: { GET: list, POST: add },
  [`${DOMAINS}/:domain`]: { GET: show, PATCH: change, DELETE: remove },
  [`${DOMAINS}/:domain/verify`]: { POST: verify },
};

const id = z.string().min(1, "A text is expected.").max(64, "The text is too long.");

const addForm = z.strictObject({
  domain: z.string().min(1, "A text is expected.").max(256, "The text is too long."),
  connection: id.nullable().default(null),
});

const changeForm = z.strictObject({ connection: id.nullable() });

/** @throws SeatkeeperError NotImplemented where nobody can ask DNS */
export function domainDeps({ store, ids, txtRecords }: AdminDeps): DomainDeps {
  if (txtRecords === undefined) throw new SeatkeeperError("NotImplemented");
  return { store, ids, txtRecords };
}

async function list({ deps, organisation }: OrganisationCall): Promise<Reply> {
  const domains = await deps.store.domains.list(organisation.id);
  return { body: { items: domains.map(presentDomain) } };
}

async function add(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const { domain, connection } = body(addForm);
  const connectionId = await connectionIdOf(call, connection);
  const input = { domain, connectionId };
  const added = await addDomain(domainDeps(deps), organisation, input, cause("domain.added"));
  return { status: 201, body: presentDomain(added) };
}

async function show(call: OrganisationCall): Promise<Reply> {
  return { body: presentDomain(await addressed(call)) };
}

async function change(call: OrganisationCall): Promise<Reply> {
  const domain = await addressed(call);
  const connectionId = await connectionIdOf(call, call.body(changeForm).connection);
  const { deps, cause } = call;
  const changed = await leadTo(domainDeps(deps), domain, connectionId, cause("domain.changed"));
  return { body: presentDomain(changed) };
}

async function remove(call: OrganisationCall): Promise<Reply> {
  const domain = await addressed(call);
  await removeDomain(domainDeps(call.deps), domain, call.cause("domain.removed"));
  return { status: 204 };
}

async function verify(call: OrganisationCall): Promise<Reply> {
  const domain = await addressed(call);
  const verified = await verifyDomain(domainDeps(call.deps), domain, call.cause("domain.verified"));
  return { body: presentDomain(verified) };
}

function addressed({ deps, organisation, param }: OrganisationCall): Promise<MailDomain> {
  return domainOf(deps, organisation.id, param("domain"));
}

async function connectionIdOf(
  { deps, organisation }: OrganisationCall,
  connection: string | null,
): Promise<string | null> {
  if (connection === null) return null;
  return (await connectionOf(deps, organisation.id, connection)).id;
}

/** With the record that proves it. */
export function presentDomain(domain: MailDomain) {
  const { connectionId, createdAt, verifiedAt, checkedAt, missingSince } = domain;
  const state = verifiedAt === null ? "unverified" : missingSince === null ? "verified" : "missing";
  return {
    ...{ id: domain.id, domain: domain.domain, state, connectionId },
    record: { type: "TXT", name: domain.domain, value: proofOf(domain) },
    createdAt: time(createdAt),
    verifiedAt: timeOrNull(verifiedAt),
    checkedAt: timeOrNull(checkedAt),
    missingSince: timeOrNull(missingSince),
  };
}
