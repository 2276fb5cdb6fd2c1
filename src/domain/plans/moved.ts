import type { Timestamp } from "../directory.js";
import type { Changes } from "../snapshot.js";

/** What was decided on a copy, whose clock stands still, bears the moment at which it is really done. */

export interface Moments {
  /** By the clock of the copy. */
  readonly decided: Timestamp;
  readonly done: Timestamp;
}

/**
 * The same changes as they would have been decided at the other moment: the entries, what began, and what time does later, such as the
 * end of a window of grace. Such a date is the moment itself or lies a length of time from it, and whatever a policy counts in is
 * whole seconds. A date with another origin, which stays, is so far from the moment once in a thousand times, and is then moved by
 * as long as the trial took.
 */
export function movedInTime(changes: Changes, moments: Moments): Changes {
  return moments.decided === moments.done ? changes : moved(changes, moments);
}

/** What people and applications have written: nothing in it is a date of ours. */
const FOREIGN = new Set(["document", "value", "body", "query", "cause"]);
const DATE = /^(?:at|since|until|last|turn)$|(?:At|Since|Until)$/;
/** When a lease ended that was noticed now. */
const PAST = "expiredAt";

function moved<T>(value: T, moments: Moments): T {
  if (Array.isArray(value)) return value.map((one: unknown) => moved(one, moments)) as T;
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, field]: [string, unknown]) => [
    name,
    FOREIGN.has(name) ? field : movedField(name, field, moments),
  ]);
  return Object.fromEntries(fields) as T;
}

function movedField(name: string, field: unknown, moments: Moments): unknown {
  if (typeof field !== "number") return moved(field, moments);
  const { decided, done } = moments;
  const isCounted = (field - decided) % 1_000 === 0;
  // A turn lies before the moment from which it is counted by the head start of a class (ageing.ts).
  const isPast = name === PAST || (field < decided && name !== "turn");
  return DATE.test(name) && isCounted && !isPast ? field - decided + done : field;
}
