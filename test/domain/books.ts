import { poolCreated } from "../../src/domain/pools/capacity.js";
import type { Pool } from "../../src/domain/directory.js";
import { occupies, stateOf } from "../../src/domain/seats/states.js";
import { Verifier } from "../../src/verify/verify.js";
import { chained } from "../verify/generated.js";
import type { MemoryOrganisation } from "./organisation.js";

/** As `seatkeeper verify` does it: the first fault that a verifier which shares nothing with the engine finds. */
export function faultIn(org: MemoryOrganisation, pools: readonly Pool[]) {
  const lines = chained([...pools.map(poolCreated), ...org.entries]);
  const seats = [...org.seats.values()].map((seat) => {
    const state = stateOf(seat);
    return { ...seat, state: state === "grace" ? "active" : state, consumes: occupies(seat) };
  });
  const counted = [...org.pools.values()].map((pool) => ({
    ...pool,
    used: seats.filter(({ poolId, consumes }) => poolId === pool.id && consumes).length,
  }));
  const verifier = new Verifier({ present: { sequence: lines.length, pools: counted, seats } });
  lines.every((line) => verifier.add(line));
  const { fault } = verifier.report();
  return fault === null ? null : { fault, line: lines[fault.sequence - 1] };
}
