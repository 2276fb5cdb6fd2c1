import { createPool } from "../actions/administer.js";
import { checkedFact, checkFactName } from "../actions/checkNames.js";
import { plannedOf } from "../actions/contract.js";
import { mergeIntoPool } from "../actions/mergeIntoPool.js";
import { reservationsNow } from "../actions/reservations.js";
import type { AccessAnswer } from "../actions/seats.js";
import type { SeatOutcome } from "../domain/seats/seats.js";
import { barOf, takenIn } from "../domain/pools/bar.js";
import { changesWhatIsSold } from "../domain/pools/capacity.js";
import type { Pool } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { presentAccess, question } from "./access.js";
import {
  acquisitionForm,
  erasureForm,
  factForm,
  factRemovalForm,
  poolForm,
  poolPatchForm,
  releaseForm,
  renewalForm,
} from "./forms.js";
import { presentEntry, presentFact, presentPool, presentSeat, presentUser } from "./present.js";
import { presentPlanned } from "./presentReclaim.js";
import {
  type OrganisationCall,
  page,
  pageQuery,
  type Reply,
  requireOperator,
  type Routes,
} from "./route.js";
import { listGroups } from "./groups.js";
import { entriesQuery, pageOf, usersQuery, waitingQuery } from "./queries.js";
import { requireFactInReach, userInReach } from "./reach.js";
import { waitingPage } from "./waiting.js";
import { waitingFor, who } from "./who.js";

/** Pools, people and their seats. */

export const PEOPLE_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/pools": { GET: listPools, POST: addPool },
  "/organisations/:org/pools/:pool": { GET: showPool, PATCH: patchPool },
  "/organisations/:org/pools/:pool/seats": { GET: listSeats },
  "/organisations/:org/users": { GET: listUsers },
  "/organisations/:org/users/:user": { GET: showUser, DELETE: eraseUser },
  "/organisations/:org/users/:user/facts": { POST: giveFact, DELETE: takeFact },
  "/organisations/:org/groups": { GET: listGroups },
  "/organisations/:org/entries": { GET: listEntries },
  "/organisations/:org/waiting": { GET: listWaiting },
  "/organisations/:org/progress": { GET: showProgress },
  "/organisations/:org/seats/acquire": { POST: takeSeat },
  "/organisations/:org/seats/renew": { POST: renewLease },
  "/organisations/:org/seats/release": { POST: giveBack },
};

// Pools

/** Counting stops here; a longer list is shown as this many. */
const WAITING_COUNT_MAX = 1_000;

async function presented(
  { deps, organisation }: OrganisationCall,
  pools: readonly Pool[],
  used: ReadonlyMap<string, number>,
) {
  const products = [...new Set(pools.map(({ product }) => product))];
  const lists = await Promise.all(
    products.map((product) =>
      deps.store.insights.waiting(organisation.id, product, WAITING_COUNT_MAX),
    ),
  );
  return pools.map((pool) =>
    presentPool(pool, {
      used: used.get(pool.id) ?? pool.used,
      waiting: waitingFor(pool, lists[products.indexOf(pool.product)] ?? []),
    }),
  );
}

async function listPools(call: OrganisationCall): Promise<Reply> {
  const { administration, insights, clock } = call.deps.store;
  const pools = await administration.listPools(call.organisation.id);
  const used = await insights.poolsUsed(call.organisation.id, clock.now());
  return { body: { items: await presented(call, pools, used) } };
}

async function addPool(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const pool = await createPool(deps, organisation.id, body(poolForm), cause("pool.created"));
  const reservations = await reservationsNow(deps.store, pool, { reserved: [] });
  return { status: 201, body: { ...presentPool(pool, { used: 0, waiting: 0 }), reservations } };
}

async function showPool(call: OrganisationCall): Promise<Reply> {
  const { store } = call.deps;
  const pool = await poolNamed(call);
  const use = await store.insights.poolUse(call.organisation.id, pool.id, store.clock.now());
  const [shown] = await presented(call, [pool], new Map([[pool.id, takenIn(use)]]));
  const requested = (await store.papers.seatsRequested(call.organisation.id)).get(pool.id) ?? 0;
  const { teams } = call.authority;
  // Who is limited to teams sees how full the pool is, and of which people only where it is the own.
  const own = use.teams.filter(({ team }) => teams === null || teams.includes(team));
  const bar = { ...barOf(pool, use), requested };
  const contractions = (await plannedOf(store, pool)).map((one) =>
    presentPlanned(one, call.organisation),
  );
  const reservations = await reservationsNow(store, pool, use);
  return { body: { ...shown, bar, teams: own, reservations, contractions } };
}

async function patchPool(call: OrganisationCall): Promise<Reply> {
  const { deps, cause } = call;
  const pool = await poolNamed(call);
  const form = call.body(poolPatchForm);
  await mergeIntoPool(deps, pool, form, {
    cause: cause("pool.changed"),
    may: (read) => {
      if (changesWhatIsSold(read, form)) {
        requireOperator(call, "change what was bought, or how much more may be used");
      }
    },
  });
  return showPool(call);
}

async function listSeats(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation } = call;
  const { after, limit } = call.query(pageQuery);
  const pool = await poolNamed(call);
  const seats = await deps.store.insights.seatsIn(organisation.id, pool.id, pageOf(after, limit));
  return { body: page(seats, limit, ({ id }) => id, presentSeat) };
}

async function poolNamed({ deps, organisation, param }: OrganisationCall): Promise<Pool> {
  const pool = await deps.store.administration.findPool(organisation.id, param("pool"));
  if (pool === null) throw new SeatkeeperError("NotFound");
  return pool;
}

// People

async function listUsers(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, authority } = call;
  const { after, limit, active } = call.query(usersQuery);
  const asked = { ...pageOf(after, limit), ...(active === undefined ? {} : { active }) };
  const users =
    authority.teams === null
      ? await deps.store.insights.users(organisation.id, asked)
      : await deps.store.papers.peopleIn(organisation.id, authority.teams, asked);
  return { body: page(users, limit, ({ id }) => id, presentUser) };
}

async function showUser(call: OrganisationCall): Promise<Reply> {
  const { id } = await userInReach(call);
  return { body: await who(call.deps, call.organisation.id, id) };
}

async function eraseUser({
  deps,
  organisation,
  param,
  body,
  cause,
}: OrganisationCall): Promise<Reply> {
  const person = { idOrUserName: param("user"), ...body(erasureForm) };
  return { body: await deps.actions.erasePerson(organisation.id, person, cause("user.erased")) };
}

async function giveFact(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, token, cause } = call;
  const user = await userInReach(call);
  const fact = checkedFact(deps.catalogue, await poolNames(call), call.body(factForm));
  requireFactInReach(call.authority, fact);
  const given = await deps.actions.giveByHand(
    organisation.id,
    user.id,
    fact,
    token.label,
    cause("fact.given"),
  );
  return { status: 201, body: presentFact(given) };
}

async function takeFact(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const user = await userInReach(call);
  const fact = call.body(factRemovalForm);
  requireFactInReach(call.authority, fact);
  checkFactName(deps.catalogue, await poolNames(call), fact.kind, fact.name);
  await deps.actions.takeByHand(organisation.id, user.id, fact, cause("fact.taken"));
  return { status: 204 };
}

async function poolNames({ deps, organisation }: OrganisationCall): Promise<string[]> {
  return (await deps.store.administration.listPools(organisation.id)).map(({ name }) => name);
}

// What happened, who waits

async function listEntries({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after, limit, userId, newestFirst } = query(entriesQuery);
  const entries = await deps.store.insights.entries(organisation.id, {
    limit: newestFirst ? limit : limit + 1,
    ...(after === undefined ? {} : { after }),
    ...(userId === undefined ? {} : { userId }),
    newestFirst,
  });
  return { body: page(entries, limit, ({ position }) => position, presentEntry) };
}

async function listWaiting({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { product, after, limit } = query(waitingQuery(deps.catalogue));
  return { body: await waitingPage(deps, organisation.id, { product, after, limit }) };
}

async function showProgress({ deps, organisation }: OrganisationCall): Promise<Reply> {
  return { body: await deps.actions.progress(organisation.id) };
}

// Seats, for the application

/** Either a seat or a place in the list; anything else is an error with the reason as its code. */
async function takeSeat(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, cause } = call;
  const { borrowSeconds, ...form } = call.body(acquisitionForm);
  const asked = await question(call, form);
  const { userId, product, unit } = asked;
  const because = cause("seat.acquired", "app");
  const outcome = await deps.actions.acquireSeat(organisation.id, userId, product, because, {
    ...(unit === undefined ? {} : { unit }),
    ...(borrowSeconds === undefined ? {} : { borrowSeconds }),
  });
  if (outcome.type === "none") {
    throw outcome.reason === "NoPool"
      ? new SeatkeeperError("NotEligible", {
          sentence:
            "No pool gives a seat of the tier that is needed: none offers it, or its seats are only given by hand.",
        })
      : refusalOf(outcome.reason, await deps.actions.askSeat(organisation.id, asked));
  }
  return { body: presentAccess(await deps.actions.askSeat(organisation.id, asked)) };
}

type Refused = Exclude<Extract<SeatOutcome, { type: "none" }>["reason"], "NoPool">;

/** Whoever has no place on a list either is told when it may be worth coming back. */
function refusalOf(reason: Refused, { evictableWords }: AccessAnswer): SeatkeeperError {
  if (reason === "Invited" || reason === "InvitationClosed" || reason === "Reclaimed") {
    return new SeatkeeperError("NotEligible", {
      sentence: "The invitation has ended without being accepted. Somebody must invite again.",
    });
  }
  const plain = new SeatkeeperError(reason);
  if (evictableWords === undefined) return plain;
  return new SeatkeeperError(reason, { sentence: `${plain.message} ${evictableWords}` });
}

async function renewLease({ deps, organisation, body, cause }: OrganisationCall): Promise<Reply> {
  const { seatId, generation } = body(renewalForm);
  const seat = await deps.actions.renewSeat(
    organisation.id,
    seatId,
    generation,
    cause("seat.renewed", "app"),
  );
  return { body: presentSeat(seat) };
}

/** The application says that somebody has left it, or an administrator revokes the seat by hand (rule 16). */
async function giveBack(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause, authority } = call;
  const { seatId, generation } = body(releaseForm);
  const lease = { seatId, by: authority, ...(generation === undefined ? {} : { generation }) };
  const why = cause("seat.released", authority.scopes.has("seat.use") ? "app" : "admin");
  await deps.actions.releaseSeat(organisation.id, lease, why);
  return { status: 204 };
}
