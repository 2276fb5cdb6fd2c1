import { z } from "zod";
import { checkProduct } from "../actions/checkNames.js";
import { invalid } from "../actions/invalid.js";
import { reservedForNobody } from "../actions/reservations.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Pool } from "../domain/directory.js";
import type { Reservation } from "../domain/pools/sharing.js";
import { guardedRoles } from "../domain/reclaim/guard.js";
import type { Resource } from "../domain/reclaim/rows.js";
import { SeatkeeperError } from "../errors.js";
import type { GlassStanding } from "../ports/breakGlass.js";
import { presentGlass } from "./breakGlass.js";
import type { AdminDeps } from "./deps.js";
import { presentResource } from "./presentReclaim.js";
import { resourceForm } from "./reclaimForms.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";
import { userNamed } from "./who.js";

/** Things of the application that hang on somebody's seat, and people without whom something breaks (docs/resources.md). */

export const RESOURCE_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/resources": { GET: list },
  "/organisations/:org/resources/:kind/:id": { GET: show, PUT: register, DELETE: forget },
  "/organisations/:org/resources/:kind/:id/enable": { POST: (call) => turn(call, true) },
  "/organisations/:org/resources/:kind/:id/disable": { POST: (call) => turn(call, false) },
  "/organisations/:org/warnings": { GET: listWarnings },
};

const resourcesQuery = pageQuery.extend({
  after: z.string().min(1).max(400).optional(),
  owner: z.string().min(1).max(1_000).optional(),
});

async function list({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after, limit, owner } = query(resourcesQuery);
  const user = owner === undefined ? null : await userNamed(deps, organisation.id, owner);
  const resources = await deps.store.reclaims.resources(organisation.id, {
    limit: limit + 1,
    ...(after === undefined ? {} : { after: placeOf(after) }),
    ...(user === null ? {} : { userId: user.id }),
  });
  return { body: page(resources, limit, ({ kind, id }) => `${kind}/${id}`, presentResource) };
}

/** A kind has no slash. */
function placeOf(after: string): { kind: string; id: string } {
  const at = after.indexOf("/");
  if (at < 1) throw invalid("after", "The `next` of the page before is expected.");
  return { kind: after.slice(0, at), id: after.slice(at + 1) };
}

const KIND = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const ID_MAX = 256;

function named({ param }: OrganisationCall): { kind: string; id: string } {
  const [kind, id] = [param("kind"), param("id")];
  if (!KIND.test(kind)) {
    throw invalid("kind", "A kind is letters, digits, dots, hyphens and underscores, at most 64.");
  }
  if (id === "" || id.length > ID_MAX) {
    throw invalid("id", `An id has 1 to ${String(ID_MAX)} characters.`);
  }
  return { kind, id };
}

async function show(call: OrganisationCall): Promise<Reply> {
  const { kind, id } = named(call);
  const found = await call.deps.store.reclaims.findResource(call.organisation.id, kind, id);
  if (found === null) throw new SeatkeeperError("NotFound");
  return { body: presentResource(found) };
}

async function register(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const { userId, userName, product, indispensable } = call.body(resourceForm);
  if (product !== null) checkProduct(deps.catalogue, product);
  const owner = await userNamed(deps, organisation.id, userId ?? userName ?? "");
  const draft = { ...named(call), product, indispensable, userId: owner.id };
  const { resource, isNew } = await deps.actions.registerResource(
    organisation.id,
    draft,
    cause("resource.registered", "app"),
  );
  return { status: isNew ? 201 : 200, body: presentResource(resource) };
}

async function turn(call: OrganisationCall, isOn: boolean): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const why = cause(isOn ? "resource.enabled" : "resource.disabled", "app");
  const { resource } = await deps.actions.switchResource(organisation.id, named(call), isOn, why);
  return { body: presentResource(resource) };
}

async function forget(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  await deps.actions.forgetResource(
    organisation.id,
    named(call),
    cause("resource.forgotten", "app"),
  );
  return { status: 204 };
}

async function listWarnings({ deps, organisation }: OrganisationCall): Promise<Reply> {
  return { body: { items: await warningsOf(deps, organisation.id) } };
}

/** For the API and the command alike. */
export async function warningsOf(
  { store, catalogue }: Pick<AdminDeps, "store" | "catalogue">,
  organisationId: string,
) {
  const abandoned = await store.reclaims.abandoned(organisationId);
  const roles = await store.reclaims.rolesWithout(organisationId, guardedRoles(catalogue));
  const lacksOwner = await store.papers.lacksOwner(organisationId);
  const broken = await store.insights.breakGlasses(organisationId, store.clock.now(), {
    limit: BROKEN_MAX,
  });
  const pools = await store.administration.listPools(organisationId);
  const reserved = await reservedForNobody(store, organisationId, pools);
  return [
    ...(lacksOwner ? [NO_OWNER] : []),
    ...abandoned.map(ownerWarning),
    ...roles.map(roleWarning),
    ...broken.map((one) => brokenWarning(catalogue, one)),
    ...reserved.map(reservationWarning),
  ];
}

/** An identity provider is never refused, so this can happen (docs/delegation.md). */
const NO_OWNER = {
  warning: "noOwner",
  sentence:
    "Nobody is left who may act as an owner of the organisation. An operator can name another.",
} as const;

function ownerWarning(resource: Resource) {
  const { kind, id, userId } = resource;
  return {
    warning: "ownerGone",
    resource: presentResource(resource),
    sentence: `Others rely on the ${kind} ${id}, and its owner (${userId}) is deactivated or gone. Give it another owner.`,
  };
}

/** More is no emergency; `GET .../break-glass` has all of them. */
const BROKEN_MAX = 1_000;

function brokenWarning(catalogue: Catalogue, standing: GlassStanding) {
  const { sentence, ...breakGlass } = presentGlass({ catalogue }, standing);
  return { warning: "breakGlass", breakGlass, sentence: `${breakGlass.userName}: ${sentence}` };
}

function roleWarning(role: string) {
  return {
    warning: "roleWithoutHolder",
    role,
    sentence: `Nobody active has the role ${role}.`,
  };
}

function reservationWarning({ pool, group, seats }: Reservation & { readonly pool: Pool }) {
  return {
    warning: "reservationWithoutGroup",
    ...{ pool: pool.name, group, seats },
    sentence: `The pool ${pool.name} keeps ${String(seats)} seats free for the group ${group}, and there is no such group: nobody gets them until it comes.`,
  };
}
