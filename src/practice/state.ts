import { z } from "zod";
import { GROUPS, PEOPLE } from "./directory.js";
import type { DirectoryGroup, GroupKey, Person } from "./directory.js";

/**
 * What the practice IdP knows today: the directory as people left it by clicking, and the ids under which Seatkeeper
 * knows everybody. Kept in the data folder, so that a restart goes on where it stopped.
 */

export const DIALECT_IDS = ["generic", "okta", "entra"] as const;
export type DialectId = (typeof DIALECT_IDS)[number];

const personState = z.object({
  givenName: z.string(),
  familyName: z.string(),
  active: z.boolean(),
  deleted: z.boolean(),
  groups: z.array(z.string()),
  scimId: z.string().nullable(),
});

const directoryState = z.object({
  dialect: z.enum(DIALECT_IDS),
  people: z.record(z.string(), personState),
  groups: z.record(z.string(), z.object({ scimId: z.string().nullable() })),
});

export type PersonState = z.infer<typeof personState>;
export type DirectoryState = z.infer<typeof directoryState>;

/** A person as of now: the directory's data with today's names. */
export interface CurrentPerson extends Person {
  readonly displayName: string;
  readonly active: boolean;
  readonly deleted: boolean;
  readonly scimId: string | null;
  readonly currentGroups: readonly GroupKey[];
}

export interface Directory {
  dialect(): DialectId;
  setDialect(dialect: DialectId): void;
  people(): CurrentPerson[];
  person(key: string): CurrentPerson | undefined;
  change(key: string, change: Partial<PersonState>): void;
  group(key: string): DirectoryGroup | undefined;
  groupScimId(key: GroupKey): string | null;
  setGroupScimId(key: GroupKey, scimId: string): void;
}

/** `saved` is what `save` was given before, or undefined at the first start. A damaged file starts afresh. */
export function openDirectory(saved: unknown, save: (state: DirectoryState) => void): Directory {
  const parsed = directoryState.safeParse(saved);
  const state = withEverybody(parsed.success ? parsed.data : freshState());
  const people = new Map(PEOPLE.map((person) => [person.key, person]));
  const groups = new Map(GROUPS.map((group) => [group.key as string, group]));

  function person(key: string): CurrentPerson | undefined {
    const known = people.get(key);
    const today = state.people[key];
    return known === undefined || today === undefined ? undefined : currentPerson(known, today);
  }

  return {
    dialect: () => state.dialect,
    setDialect(dialect) {
      state.dialect = dialect;
      save(state);
    },
    people: () => PEOPLE.map((one) => person(one.key)).filter((one) => one !== undefined),
    person,
    change(key, change) {
      const before = state.people[key];
      if (before === undefined) throw new RangeError(`nobody is called "${key}"`);
      state.people[key] = { ...before, ...change };
      save(state);
    },
    group: (key) => groups.get(key),
    groupScimId: (key) => state.groups[key]?.scimId ?? null,
    setGroupScimId(key, scimId) {
      state.groups[key] = { scimId };
      save(state);
    },
  };
}

function currentPerson(known: Person, today: PersonState): CurrentPerson {
  return {
    ...known,
    givenName: today.givenName,
    familyName: today.familyName,
    displayName: displayName(today),
    active: today.active,
    deleted: today.deleted,
    scimId: today.scimId,
    currentGroups: GROUPS.map((group) => group.key).filter((key) => today.groups.includes(key)),
  };
}

/** Chinese, Japanese and Korean names put the family name first, without a space. */
function displayName(name: { givenName: string; familyName: string }): string {
  const cjk = /^[\p{Script=Han}\p{Script=Hangul}]+$/u.test(name.familyName);
  return cjk ? `${name.familyName}${name.givenName}` : `${name.givenName} ${name.familyName}`;
}

function freshState(): DirectoryState {
  return { dialect: "generic", people: {}, groups: {} };
}

/** A newer version of the program may know people that the saved file does not. */
function withEverybody(state: DirectoryState): DirectoryState {
  const people: Record<string, PersonState> = {};
  for (const person of PEOPLE) {
    people[person.key] = state.people[person.key] ?? {
      givenName: person.givenName,
      familyName: person.familyName,
      active: true,
      deleted: false,
      groups: [...person.groups],
      scimId: null,
    };
  }
  return { ...state, people };
}
