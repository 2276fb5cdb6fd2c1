import type { BrakeTurn } from "../domain/brake/brake.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Id } from "../domain/directory.js";
import { mergePapers } from "../domain/administration/papers.js";
import { effectsOf, markOf } from "../domain/answers/provisioningLog.js";
import type {
  Outcome,
  Part,
  ProvisioningRecord,
  RequestCause,
} from "../domain/answers/provisioningLog.js";
import { endEmergencies } from "../domain/clock.js";
import { catchUp } from "../domain/seats/settle.js";
import { isEmpty, type Changes, type Needs } from "../domain/snapshot.js";
import type { Verdict } from "../domain/verdict.js";
import { World, type Context } from "../domain/world.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Logger, Store, WriteTransaction } from "../ports.js";
import { createGatherer } from "./gather.js";

/**
 * Load -> decide -> save, for many requests at once. Requests of one organisation that arrive while a transaction is
 * under way are decided together, one after another in memory, and committed in one transaction; each has its own
 * verdict, and none is answered before the commit. That is what makes a busy pool fast (docs/adr/0003). Seats that no
 * answer depends on are settled once, at the end of the batch, by its net effect (docs/adr/0025).
 */

export interface Action<R> {
  readonly cause: RequestCause;
  readonly needs: Needs;
  /** What turned out to be needed after the first load; null for nothing. */
  readonly more?: (world: World) => Needs | null;
  /**
   * Pure. May throw a SeatkeeperError only before it has changed the world (a patch that cannot be applied).
   */
  readonly decide: (world: World, ctx: Context) => Verdict<R>;
}

export interface Runner {
  /** @throws SeatkeeperError for a refusal, and Unavailable when the database does not answer. */
  run<R>(organisationId: Id, action: Action<R>): Promise<R>;
  /** Resolves when everything that was accepted has been answered. */
  settled(): Promise<void>;
}

export interface RunnerOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Called after each commit, to wake those who deliver or re-evaluate. Must not throw. */
  readonly committed: (organisationId: Id, changes: Changes) => void;
  /** "plan": before anything of it counts, a person sees what is lost; so the brake holds nothing back. */
  readonly brakeTurn?: Extract<BrakeTurn, "plan"> | undefined;
}

/** For these no more are waited for; what one request asks in many goes by so many at a time. */
export const BATCH_ENOUGH = 64;
/**
 * Of those who are waiting already, so many are decided together. Twice as many cost little less each, and would make the first
 * wait noticeably for the last, and everybody else for one stretch of deciding.
 */
const BATCH_MAX = 128;

interface Waiting {
  readonly action: Action<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Answer = { readonly ok: unknown } | { readonly error: SeatkeeperError };

export function createRunner(options: RunnerOptions): Runner {
  const gatherer = createGatherer<Waiting>({
    enough: BATCH_ENOUGH,
    lengthOf: batchLength,
    work: (organisationId, batch) => runBatch(options, organisationId, batch),
  });

  return {
    run: <R>(organisationId: Id, action: Action<R>) =>
      new Promise<R>((resolve, reject) => {
        const resolved = (result: unknown): void => resolve(result as R);
        gatherer.add(organisationId, { action, resolve: resolved, reject });
      }),
    settled: gatherer.settled,
  };
}

/** What came in one request (a bulk) is not torn apart, within reason: who asks chooses the ids of requests. */
function batchLength(queue: readonly Waiting[]): number {
  const last = queue[BATCH_MAX - 1]?.action.cause.requestId ?? null;
  let length = Math.min(queue.length, BATCH_MAX);
  while (
    last !== null &&
    length < BATCH_MAX + BATCH_ENOUGH &&
    queue[length]?.action.cause.requestId === last
  ) {
    length += 1;
  }
  return length;
}

/** If a batch fails as a whole, its requests are tried one by one, so that one of them cannot spoil the others. */
async function runBatch(
  options: RunnerOptions,
  organisationId: Id,
  batch: readonly Waiting[],
): Promise<void> {
  try {
    const answers = await commit(
      options,
      organisationId,
      batch.map(({ action }) => action),
    );
    batch.forEach(({ resolve, reject }, index) => {
      const answer = answers[index];
      if (answer !== undefined && "ok" in answer) resolve(answer.ok);
      else reject(answer?.error);
    });
  } catch (error) {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      only.reject(error);
      return;
    }
    const outage = error instanceof SeatkeeperError && error.code === "Unavailable";
    for (const waiting of batch) {
      if (outage) waiting.reject(error);
      else await runBatch(options, organisationId, [waiting]);
    }
  }
}

async function commit(
  options: RunnerOptions,
  organisationId: Id,
  actions: readonly Action<unknown>[],
): Promise<Answer[]> {
  const { answers, changes } = await options.store.write(organisationId, async (tx) => {
    const world = await loadWorld(tx, actions);
    endEmergencies(world, { catalogue: options.catalogue, nextId: () => options.ids.next() });
    world.putOff.isOn = actions.length > 1;
    world.brakeTurn = options.brakeTurn ?? world.brakeTurn;
    const decided = actions.map((action) => decideOne(options, world, action));
    catchUp(world);
    const net = world.changes();
    const requestsRecorded = decided.flatMap((one) => recordOf(options, world, one) ?? []);
    if (!isEmpty(net)) await tx.save({ ...net, requestsRecorded });
    return { answers: decided.map(({ answer }) => answer), changes: net };
  });
  if (!isEmpty(changes)) {
    for (const { cause } of actions) cause.request?.saved();
    options.committed(organisationId, changes);
  }
  return answers;
}

async function loadWorld(
  tx: WriteTransaction,
  actions: readonly Action<unknown>[],
): Promise<World> {
  const world = new World(await tx.load(mergeNeeds(actions.map(({ needs }) => needs))));
  const more = actions.flatMap((action) => action.more?.(world) ?? []).filter(asksForSomething);
  if (more.length > 0) world.load(await tx.load(mergeNeeds(more)));
  return world;
}

interface Decided extends Part {
  readonly answer: Answer;
  readonly request: RequestCause["request"];
}

function decideOne(options: RunnerOptions, world: World, action: Action<unknown>): Decided {
  const { request, ...cause } = action.cause;
  const before = markOf(world.written);
  const answer = decide(options, world, { ...action, cause });
  return { answer, cause, request, before, after: markOf(world.written) };
}

/** A record costs no transaction of its own: it goes with what the batch changes, or not from here at all (docs/adr/0007). */
function recordOf(
  { catalogue }: RunnerOptions,
  world: World,
  { answer, request, ...part }: Decided,
): ProvisioningRecord | null {
  if (request === undefined) return null;
  const outcome: Outcome =
    "ok" in answer
      ? { ok: answer.ok, effects: effectsOf(world.written, part, catalogue) }
      : { refused: refusalOf(answer.error) };
  return request.recordOf(outcome, world.now);
}

export function refusalOf({ status, code, scimType, message }: SeatkeeperError) {
  return { status, code, scimType: scimType ?? null, sentence: message };
}

function decide({ catalogue, ids }: RunnerOptions, world: World, action: Action<unknown>): Answer {
  try {
    const verdict = action.decide(world, {
      catalogue,
      cause: action.cause,
      nextId: () => ids.next(),
    });
    if (!("refused" in verdict)) return { ok: verdict.ok };
    const { refused, ...said } = verdict;
    return { error: new SeatkeeperError(refused, said) };
  } catch (error) {
    if (error instanceof SeatkeeperError) return { error };
    throw error;
  }
}

function asksForSomething(needs: Needs): boolean {
  return Object.values(needs).some((value: unknown) => !Array.isArray(value) || value.length > 0);
}

/** Each demand of the batch may need a candidate of its own, and a touch may take one off the top of the order. */
export function mergeNeeds(all: readonly Needs[]): Needs {
  const candidates = all.reduce((sum, needs) => sum + (needs.candidates ?? 1), 0);
  const papers = mergePapers(all);
  return {
    users: unique(all.flatMap(({ users }) => users ?? [])),
    userNames: unique(all.flatMap(({ userNames }) => userNames ?? [])),
    identities: all.flatMap(({ identities }) => identities ?? []),
    linksOf: all.flatMap(({ linksOf }) => linksOf ?? []),
    provisionedAs: all.flatMap(({ provisionedAs }) => provisionedAs ?? []),
    groups: unique(all.flatMap(({ groups }) => groups ?? [])),
    twins: all.flatMap(({ twins }) => twins ?? []),
    memberships: all.flatMap(({ memberships }) => memberships ?? []),
    allMemberIdsOf: all.flatMap(({ allMemberIdsOf }) => allMemberIdsOf ?? []),
    membersOf: all.flatMap(({ membersOf }) => membersOf ?? []),
    candidates: candidates * 2 + 2,
    signIns: all.flatMap(({ signIns }) => signIns ?? []),
    logouts: all.flatMap(({ logouts }) => logouts ?? []),
    seats: unique(all.flatMap(({ seats }) => seats ?? [])),
    existing: all.flatMap(({ existing }) => existing ?? []),
    stale: all.reduce((sum, needs) => sum + (needs.stale ?? 0), 0),
    returning: all.flatMap(({ returning }) => returning ?? []),
    removed: unique(all.flatMap(({ removed }) => removed ?? [])),
    handOvers: all.flatMap(({ handOvers }) => handOvers ?? []),
    upkeep: all.reduce((sum, needs) => sum + (needs.upkeep ?? 0), 0),
    going: unique(all.flatMap(({ going }) => going ?? [])),
    resources: all.flatMap(({ resources }) => resources ?? []),
    holders: all.flatMap(({ holders }) => holders ?? []),
    ...(papers === null ? {} : { papers }),
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
