import { z } from "zod";
import type { LedgerHead, SeatThen } from "../ports/ledger.js";
import { SeatkeeperError } from "../errors.js";
import type { AdminDeps } from "./deps.js";
import { time } from "./present.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";
import { entriesQuery } from "./queries.js";

/** The chained ledger: its lines and its end for who checks it, and who held what at a time in the past. */

export const LEDGER_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/ledger": { GET: listLines },
  "/organisations/:org/ledger/head": { GET: showHead },
  "/organisations/:org/seats": { GET: listSeatsThen },
};

const linesQuery = entriesQuery.pick({ after: true, limit: true });

/** RFC 3339: without a zone it would be another moment for each reader. */
export const moment = z.iso
  .datetime({ offset: true, error: "A time such as 2026-03-01T12:00:00Z is expected." })
  .transform((text) => Date.parse(text));

export const timeAxis = z.enum(["believed", "effective"]).default("believed");

const seatsThenQuery = pageQuery.extend({
  at: moment.optional(),
  as: timeAxis,
  userId: z.string().min(1).max(64).optional(),
});

async function listLines({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after = 0, limit } = query(linesQuery);
  const lines = await deps.store.ledger.lines(organisation.id, { after, limit: limit + 1 });
  return {
    body: page(
      lines,
      limit,
      ({ sequence }) => sequence,
      (line) => line,
    ),
  };
}

async function showHead({ deps, organisation }: OrganisationCall): Promise<Reply> {
  return { body: presentHead(await deps.store.ledger.head(organisation.id)) };
}

async function listSeatsThen({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { at = deps.store.clock.now(), as, userId, after, limit } = query(seatsThenQuery);
  if (userId !== undefined) await requireKnown(deps, organisation.id, userId);
  const { head, seats } = await deps.store.ledger.seatsAt(organisation.id, {
    ...{ at, as },
    limit: limit + 1,
    ...(userId === undefined ? {} : { userId }),
    ...(after === undefined ? {} : { after }),
  });
  const shown = page(seats, limit, ({ id }) => id, presentSeatThen);
  return { body: { at: time(at), as, ledger: presentHead(head), ...shown } };
}

/** Who was deleted is still known by id. @throws SeatkeeperError NotFound */
export async function requireKnown(
  { store }: Pick<AdminDeps, "store">,
  organisationId: string,
  userId: string,
): Promise<void> {
  const { insights } = store;
  if ((await insights.userById(organisationId, userId)) !== null) return;
  if ((await insights.entries(organisationId, { userId, limit: 1 })).length > 0) return;
  throw new SeatkeeperError("NotFound", {
    sentence: `Nobody is called ${userId}, and no entry of the ledger is about such an id.`,
  });
}

/** `expect`: what `seatkeeper verify --expect` takes. */
export function presentHead(head: LedgerHead | null) {
  if (head === null) return { sequence: 0, hash: null, at: null, expect: null };
  const { sequence, hash, at } = head;
  return { sequence, hash, at: time(at), expect: `${String(sequence)}:${hash}` };
}

export function presentSeatThen({
  grantedAt,
  changedAt,
  grantedBy,
  breakGlass: glass,
  ...seat
}: SeatThen) {
  return {
    ...seat,
    grantedAt: time(grantedAt),
    changedAt: time(changedAt),
    entry: grantedBy,
    breakGlass: glass === undefined ? null : { ...glass, until: time(glass.until) },
  };
}
