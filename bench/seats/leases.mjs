import { systemIds } from "../../dist/src/store/index.js";
import { closedLoop, microseconds, ms, shuffled, someOf, whole } from "./load.mjs";

/**
 * Leases that are all alive, renewed as fast as it goes: each once, which is its first use of the day, and then any of them, as
 * heartbeats do all day long.
 */
const CALLERS = 256;
const MANY_CALLERS = 1_024;
const LEASE_SECONDS = 86_400;
const CAUSE = { type: "app", action: "lease.renewed", actor: "bench", requestId: null };

/** @param {import("./world.mjs").World} world @param {{ leases: number, renewals: number }} sizes */
export async function measureLeases({ app, kind, tenant }, { leases, renewals }) {
  const acorn = await tenant("leases");
  const { organisationId } = acorn;
  const people = await acorn.people(leases);
  const pool = await acorn.pool({ kind: "concurrent", policy: { leaseSeconds: LEASE_SECONDS } });
  const now = app.store.clock.now();
  const seats = people.map((userId) => ({
    ...{ id: systemIds.next(), organisationId, poolId: pool.id, product: "support", userId },
    ...{ tier: "standard", grantedAt: now, lastUsedAt: now, lastSignInAt: now },
    ...{ expiresAt: now + LEASE_SECONDS * 1_000, generation: 1 },
  }));
  await acorn.portions(seats, (seatsInserted) => acorn.save({ seatsInserted }));
  const renew = ({ id }) => app.actions.renewSeat(organisationId, id, 1, CAUSE);
  const row = async (what, items, callers) => {
    const renewed = await closedLoop(items, callers, renew);
    return [
      `${kind}: ${what}, ${callers} callers`,
      whole(renewed.perSecond),
      ms(renewed.p50),
      ms(renewed.p99),
      microseconds(renewed),
    ];
  };
  return [
    await row("the first of the day", shuffled(seats), CALLERS),
    await row("renewals", someOf(seats, renewals), CALLERS),
    await row("renewals", someOf(seats, renewals), MANY_CALLERS),
  ];
}
