import { z } from "zod";
import { plannedOf } from "../actions/contract.js";
import { isOpen, type Purchase, type PurchaseAct } from "../domain/administration/purchase.js";
import type { Organisation } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import {
  approvalForm,
  inForceForm,
  nothingForm,
  purchaseForm,
  quoteForm,
} from "./delegationForms.js";
import { time, timeOrNull } from "./present.js";
import { presentPlanned } from "./presentReclaim.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";

/** Buying more seats, step by step (docs/purchases.md). */

const PURCHASES = "/organisations/:org/purchases";

export const PURCHASE_ROUTES: Routes<OrganisationCall> = {
  [PURCHASES]: { GET: list, POST: request },
  [`${PURCHASES}/:purchase`]: { GET: show },
  [`${PURCHASES}/:purchase/quote`]: { POST: quote },
  [`${PURCHASES}/:purchase/approve`]: { POST: approve },
  [`${PURCHASES}/:purchase/in-force`]: { POST: putInForce },
  [`${PURCHASES}/:purchase/decline`]: { POST: decline },
  [`${PURCHASES}/:purchase/withdraw`]: { POST: withdraw },
};

const listQuery = pageQuery.extend({
  pool: z.string().min(1).max(200).optional(),
  open: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
});

async function list(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation } = call;
  const { after, limit, pool, open } = call.query(listQuery);
  const rows = await deps.store.papers.purchases(organisation.id, {
    limit: limit + 1,
    isOpen: open,
    ...(after === undefined ? {} : { after }),
    ...(pool === undefined ? {} : { poolId: await poolId(call, pool) }),
  });
  return { body: page(rows, limit, ({ id }) => id, presentPurchase) };
}

async function request(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const { pool, seats, note } = body(purchaseForm);
  const input = { poolId: await poolId(call, pool), seats, note };
  const made = await deps.actions.requestPurchase(
    organisation.id,
    input,
    cause("purchase.requested"),
  );
  return { status: 201, body: await withPlanned(deps.store, organisation, made) };
}

async function show({ deps, organisation, param }: OrganisationCall): Promise<Reply> {
  const purchase = await deps.store.papers.findPurchase(organisation.id, param("purchase"));
  if (purchase === null) throw new SeatkeeperError("NotFound");
  return { body: await withPlanned(deps.store, organisation, purchase) };
}

async function quote(call: OrganisationCall): Promise<Reply> {
  return advance(call, "purchase.quoted", { step: "quote", quote: call.body(quoteForm) });
}

/** Of what was offered: the version says that it is what was read. Nobody approves the own offer. */
async function approve(call: OrganisationCall): Promise<Reply> {
  if (call.authority.isOperator) {
    throw new SeatkeeperError("Forbidden", {
      sentence: "An offer is approved by the customer: use a token of the organisation.",
    });
  }
  const { version } = call.body(approvalForm);
  return advance(call, "purchase.approved", { step: "approve", version });
}

/** At once, or on a day to come. */
async function putInForce(call: OrganisationCall): Promise<Reply> {
  const { at } = call.body(inForceForm);
  const { action, ...act } = inForceAct(at, call.deps.store.clock.now());
  return advance(call, action, act);
}

/** For the API and the command alike. What was given before today was not; nobody's ledger says so. @throws SeatkeeperError InvalidValue */
export function inForceAct(at: number | undefined, now: number) {
  if (at === undefined) return { action: "purchase.inForce", step: "putInForce" } as const;
  if (at <= now) {
    throw new SeatkeeperError("InvalidValue", {
      field: "at",
      sentence: "A time that is to come is expected; leave it out to give the seats now.",
    });
  }
  return { action: "purchase.scheduled", step: "schedule", dueAt: at } as const;
}

async function decline(call: OrganisationCall): Promise<Reply> {
  call.body(nothingForm);
  return advance(call, "purchase.declined", { step: "decline" });
}

async function withdraw(call: OrganisationCall): Promise<Reply> {
  call.body(nothingForm);
  return advance(call, "purchase.withdrawn", { step: "withdraw" });
}

async function advance(
  { deps, organisation, param, cause }: OrganisationCall,
  action: string,
  act: Omit<PurchaseAct, "id">,
): Promise<Reply> {
  const whole = { ...act, id: param("purchase") };
  const purchase = await deps.actions.advancePurchase(organisation.id, whole, cause(action));
  return { body: await withPlanned(deps.store, organisation, purchase) };
}

async function poolId({ deps, organisation }: OrganisationCall, name: string): Promise<string> {
  const pool = await deps.store.administration.findPool(organisation.id, name);
  if (pool !== null) return pool.id;
  throw new SeatkeeperError("InvalidValue", { field: "pool", sentence: "There is no such pool." });
}

/** With the reductions that are to come: who buys seats must see what becomes of them. */
export async function withPlanned(
  store: OrganisationCall["deps"]["store"],
  organisation: Organisation,
  purchase: Purchase,
): Promise<ReturnType<typeof presentPurchase> & { contractions: Planned[] }> {
  const { organisationId, poolId: id } = purchase;
  const planned = await plannedOf(store, { organisationId, id });
  const contractions = planned.map((one) => presentPlanned(one, organisation));
  return { ...presentPurchase(purchase), contractions };
}
type Planned = ReturnType<typeof presentPlanned>;

/** When the present state was reached. */
function reachedAt({ steps }: Purchase): number | null {
  return steps.at(-1)?.at ?? null;
}

/** Amounts are whole numbers of the smallest unit of the currency. */
export function presentPurchase(purchase: Purchase) {
  const { id, poolId: pool, product, seats, note, state, quote: price, version } = purchase;
  return {
    ...{ id, poolId: pool, product, seats, note, state, version },
    isOpen: isOpen(purchase),
    quote: price,
    inForceAt: timeOrNull(state === "inForce" ? reachedAt(purchase) : purchase.dueAt),
    steps: purchase.steps.map(({ state: reached, at, by }) => ({
      state: reached,
      at: time(at),
      by,
    })),
    createdAt: time(purchase.createdAt),
  };
}
