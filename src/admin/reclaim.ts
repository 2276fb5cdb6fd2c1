import { contractionPlan, exempt, planContraction } from "../actions/contract.js";
import { checkProduct } from "../actions/checkNames.js";
import { invalid } from "../actions/invalid.js";
import { setupChange } from "../actions/setupChange.js";
import type { Pool } from "../domain/directory.js";
import type { Contraction } from "../domain/reclaim/rows.js";
import { SeatkeeperError } from "../errors.js";
import {
  presentContraction,
  presentExemption,
  presentPlaced,
  presentReclaim,
} from "./presentReclaim.js";
import { userNamedInReach } from "./reach.js";
import { answerForm, contractionForm, exemptionForm, heldForm } from "./reclaimForms.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";
import { userNamed } from "./who.js";

/** Seats that are taken back: who is asked, what people answer, the way back, and smaller pools (docs/reclaim.md). */

export const RECLAIM_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/reclaims": { GET: listUnderWay },
  "/organisations/:org/reclaims/answer": { POST: answer },
  "/organisations/:org/reclaims/undo": { POST: undo },
  "/organisations/:org/reclaims/exemptions": { GET: listExemptions, POST: addExemption },
  "/organisations/:org/reclaims/exemptions/:exemption": { DELETE: withdrawExemption },
  "/organisations/:org/pools/:pool/contractions": { GET: listContractions, POST: addContraction },
  "/organisations/:org/pools/:pool/contractions/:contraction": { DELETE: cancelContraction },
};

async function listUnderWay({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after, limit } = query(pageQuery);
  const { reclaims, administration, clock } = deps.store;
  const asked = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
  const seats = await reclaims.underWay(organisation.id, clock.now(), asked);
  const pools = await administration.listPools(organisation.id);
  const show = (seat: (typeof seats)[number]) =>
    presentReclaim(
      seat,
      pools.find(({ id }) => id === seat.poolId),
    );
  return { body: page(seats, limit, ({ id }) => id, show) };
}

async function answer(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const form = call.body(answerForm);
  const done = await deps.actions.answerReclaim(
    organisation.id,
    await held(call, form),
    form.answer,
    cause("reclaim.answered", "app"),
  );
  return present(call, done);
}

async function undo(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const found = await held(call, call.body(heldForm));
  const why = cause("reclaim.undone");
  return present(call, await deps.actions.undoReclaim(organisation.id, found, why));
}

type Done = Awaited<ReturnType<OrganisationCall["deps"]["actions"]["undoReclaim"]>>;

async function present({ deps, organisation }: OrganisationCall, { seat }: Done): Promise<Reply> {
  if (seat === null) return { body: { seat: null } };
  const pool = await deps.store.administration.findPool(organisation.id, seat.poolId);
  return { body: { seat: presentReclaim(seat, pool ?? undefined) } };
}

interface Named {
  readonly userId?: string | undefined;
  readonly userName?: string | undefined;
  readonly product: string;
}

async function held(call: OrganisationCall, { product, ...of }: Named) {
  checkProduct(call.deps.catalogue, product);
  const user = await userNamedInReach(call, of.userId ?? of.userName ?? "");
  return { userId: user.id, product };
}

// Exemptions

async function listExemptions({ deps, organisation }: OrganisationCall): Promise<Reply> {
  const { reclaims, clock } = deps.store;
  const items = await reclaims.exemptions(organisation.id, clock.now());
  return { body: { items: items.map(presentExemption) } };
}

async function addExemption(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const { userId, userName, group, until, reason } = call.body(exemptionForm);
  const named = userId ?? userName;
  const user = named === undefined ? null : await userNamed(deps, organisation.id, named);
  if (group !== undefined) await checkGroup(call, group);
  const about = { userId: user?.id, groupId: group, until, reason };
  const made = await exempt(deps, organisation.id, about, cause("exemption.added"));
  return { status: 201, body: presentExemption(made) };
}

async function checkGroup({ deps, organisation }: OrganisationCall, group: string) {
  if (await deps.store.reclaims.hasGroup(organisation.id, group)) return;
  throw invalid("group", "The id of a group of this organisation is expected.");
}

async function withdrawExemption(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, cause } = call;
  const exemptionId = param("exemption");
  const change = setupChange(deps, cause("exemption.withdrawn"), { exemptionId });
  const { reclaims } = deps.store;
  if (await reclaims.withdrawExemption(organisation.id, exemptionId, change)) {
    return { status: 204 };
  }
  throw new SeatkeeperError("NotFound");
}

// Smaller pools

async function listContractions(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation } = call;
  const pool = await poolNamed(call);
  const { reclaims } = deps.store;
  const going = await reclaims.going(organisation.id, pool.id);
  const planned = await reclaims.contractions(organisation.id, pool.id);
  const items = await Promise.all(planned.map((one) => withPlan(call, pool, one)));
  return { body: { items, going: going.map((seat) => presentReclaim(seat, pool)) } };
}

async function withPlan({ deps }: OrganisationCall, pool: Pool, contraction: Contraction) {
  const shown = presentContraction(contraction);
  if (contraction.state === "done") return { ...shown, plan: null };
  const { first, ...plan } = await contractionPlan(deps, pool, contraction.capacity);
  return { ...shown, plan: { ...plan, first: first.map(presentPlaced) } };
}

async function addContraction(call: OrganisationCall): Promise<Reply> {
  const { deps, cause } = call;
  const pool = await poolNamed(call);
  const form = call.body(contractionForm);
  const made = await planContraction(deps, pool, form, cause("contraction.planned"));
  return { status: 201, body: await withPlan(call, pool, made) };
}

async function cancelContraction(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, cause } = call;
  const pool = await poolNamed(call);
  const { reclaims } = deps.store;
  const id = param("contraction");
  const told = { contractionId: id, poolId: pool.id };
  const change = setupChange(deps, cause("contraction.cancelled"), told);
  if (await reclaims.cancelContraction(organisation.id, pool.id, id, change)) {
    return { status: 204 };
  }
  throw new SeatkeeperError("NotFound");
}

async function poolNamed({ deps, organisation, param }: OrganisationCall): Promise<Pool> {
  const pool = await deps.store.administration.findPool(organisation.id, param("pool"));
  if (pool === null) throw new SeatkeeperError("NotFound");
  return pool;
}
