import type { Id } from "../../domain/directory.js";
import type { SetupChange } from "../../ports.js";
import { appendEntries, readHead } from "../chain.js";
import { systemIds } from "../ids.js";
import type { Sql } from "../sql.js";

/** Who did it, in the same transaction as what was done; nothing where nobody says so. */
export async function recordSetup(
  sql: Sql,
  organisationId: Id,
  change: SetupChange | undefined,
): Promise<void> {
  if (change === undefined) return;
  const { cause, at, details } = change;
  const about = { userId: null, product: "", poolId: null, seatId: null, tier: null } as const;
  const entry = {
    id: systemIds.next(),
    organisationId,
    at,
    kind: "setup.changed",
    delta: 0,
  } as const;
  await appendEntries(sql, await readHead(sql, organisationId), [
    { ...entry, ...about, reason: cause.action, cause, details },
  ]);
}
