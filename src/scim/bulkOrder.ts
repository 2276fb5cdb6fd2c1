import { SeatkeeperError } from "../errors.js";
import { referencesOf } from "./bulkReferences.js";
import type { BulkOperation } from "./bulkRequest.js";
import { targetOf } from "./bulkTarget.js";
import { excerpt, invalidValue } from "./values.js";

/**
 * When each operation of a bulk request may run: after those whose resources it refers to, and after those before it
 * on the same resource. Otherwise in the order in which they were sent.
 */

export interface PlannedOperation extends BulkOperation {
  readonly references: ReadonlySet<string>;
}

export interface BulkPlan {
  /** With the faults that only the whole request shows. In the order sent. */
  readonly operations: readonly PlannedOperation[];
  /**
   * Indices, ascending. The operations of a wave refer to what earlier waves created; those on one resource stand in
   * the order sent.
   */
  readonly waves: readonly (readonly number[])[];
}

export function planBulk(sent: readonly BulkOperation[]): BulkPlan {
  const creators = creatorsIn(sent);
  const operations = sent.map((operation) => withReferences(operation, creators));
  const waves = wavesOf(waitsOf(operations, creators));
  const placed = new Set(waves.flat());
  const circular = operations.flatMap((_each, index) => (placed.has(index) ? [] : [index]));
  // Nothing can come before them, so that they are answered like any other fault.
  const [first = [], ...rest] = waves;
  return {
    operations: operations.map((each, index) =>
      placed.has(index) ? each : { ...each, fault: each.fault ?? circularFault() },
    ),
    waves: [[...first, ...circular].sort((a, b) => a - b), ...rest],
  };
}

/** Only what a request creates has no id yet: a reference to anything else is a mistake. */
function creatorsIn(operations: readonly BulkOperation[]): ReadonlyMap<string, number> {
  return new Map(
    operations.flatMap(({ method, bulkId }, index) =>
      method === "POST" && bulkId !== undefined ? [[bulkId, index] as const] : [],
    ),
  );
}

function withReferences(
  operation: BulkOperation,
  creators: ReadonlyMap<string, number>,
): PlannedOperation {
  if (operation.fault !== null) return { ...operation, references: new Set() };
  try {
    const references = referencesOf(operation);
    const unknown = [...references].find((bulkId) => !creators.has(bulkId));
    const fault = unknown === undefined ? null : unknownFault(unknown);
    return { ...operation, references, fault };
  } catch (error) {
    if (!(error instanceof SeatkeeperError)) throw error;
    return { ...operation, references: new Set(), fault: error };
  }
}

/** What an operation waits for: for the answer of another (a wave later), or only for its turn. */
interface Wait {
  readonly index: number;
  readonly waves: 0 | 1;
}

function waitsOf(
  operations: readonly PlannedOperation[],
  creators: ReadonlyMap<string, number>,
): Wait[][] {
  const last = new Map<string, number>();
  return operations.map(({ method, path, references, fault }, index) => {
    if (fault !== null) return [];
    const waits = [...references].flatMap((bulkId): Wait[] => {
      const creator = creators.get(bulkId);
      return creator === undefined ? [] : [{ index: creator, waves: 1 }];
    });
    if (method === "POST") return waits;
    const place = placeOf(path);
    const previous = last.get(place);
    last.set(place, index);
    return previous === undefined ? waits : [...waits, { index: previous, waves: 0 }];
  });
}

/** One name for one resource, however its path is spelled. */
function placeOf(path: string): string {
  const target = targetOf(path);
  return target === null ? path : `${target.resource}/${target.id ?? ""}`;
}

/** Operations that wait for each other are in no wave. */
function wavesOf(waits: readonly (readonly Wait[])[]): number[][] {
  const followers = waits.map((): Wait[] => []);
  waits.forEach((needed, index) => {
    for (const wait of needed) followers[wait.index]?.push({ index, waves: wait.waves });
  });
  const open = waits.map((needed) => needed.length);
  const waveOf = waits.map(() => 0);
  const ready = open.flatMap((count, index) => (count === 0 ? [index] : []));
  const waves: number[][] = [];
  for (const index of ready) {
    const wave = waveOf[index] ?? 0;
    (waves[wave] ??= []).push(index);
    for (const follower of followers[index] ?? []) {
      waveOf[follower.index] = Math.max(waveOf[follower.index] ?? 0, wave + follower.waves);
      const left = (open[follower.index] ?? 0) - 1;
      open[follower.index] = left;
      // The loop goes on over what is added here.
      if (left === 0) ready.push(follower.index);
    }
  }
  return waves.map((wave) => wave.sort((a, b) => a - b));
}

function unknownFault(bulkId: string): SeatkeeperError {
  return invalidValue(
    "bulkId",
    `No operation of this request creates a resource with the bulkId ${excerpt(bulkId)}.`,
  );
}

function circularFault(): SeatkeeperError {
  return new SeatkeeperError("Conflict", {
    sentence:
      "The operation refers to resources that refer back to it. Create them first, and link them in another operation.",
  });
}
