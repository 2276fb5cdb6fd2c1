import type { Id, Timestamp } from "../domain/directory.js";

/** How far the re-evaluation of an organisation is, told from how many are left whenever somebody looks. */

export interface Progress {
  /** Users whose re-evaluation is still due. */
  readonly stale: number;
  /** Of the organisation's people, how many are up to date: the same from every process, and after a restart. */
  readonly percent: number;
  /** Users; null as long as this process has looked once only. */
  readonly perSecond: number | null;
  readonly secondsLeft: number | null;
}

interface Course {
  /** In the organisation when this process first looked: counting them costs more than counting who is left. */
  readonly people: number;
  readonly total: number;
  readonly left: number;
  readonly since: Timestamp;
}

export interface Counts {
  readonly stale: number;
  readonly people: () => Promise<number>;
}

export type Look = (organisationId: Id, counts: Counts, now: Timestamp) => Promise<Progress>;

/** One for each process: the database says how many are left, and the process remembers since when, for the speed. */
export function createLook(): Look {
  const courses = new Map<Id, Course>();
  return async (organisationId, { stale, people }, now) => {
    if (stale === 0) {
      courses.delete(organisationId);
      return { stale, percent: 100, perSecond: null, secondsLeft: 0 };
    }
    const known = courses.get(organisationId);
    // More than before: another change has begun anew.
    const isNew = known === undefined || stale > known.left;
    const course = isNew
      ? { people: await people(), total: stale, left: stale, since: now }
      : { ...known, left: stale };
    courses.set(organisationId, course);
    return progressOf(course, now);
  };
}

function progressOf({ people, total, left, since }: Course, now: Timestamp): Progress {
  const done = total - left;
  const percent = people === 0 ? 0 : Math.max(0, Math.floor((100 * (people - left)) / people));
  if (done === 0 || now <= since) {
    return { stale: left, percent, perSecond: null, secondsLeft: null };
  }
  const rate = (done * 1_000) / (now - since);
  return {
    stale: left,
    percent,
    perSecond: Math.max(1, Math.round(rate)),
    secondsLeft: Math.ceil(left / rate),
  };
}
