import { factFromRow } from "../../dist/src/store/rows/entitlements.js";

/**
 * The facts of made-up people, as rules, identity providers and administrators give them and as they are read from the
 * database: every text made anew for each row, so that no two are the same object, as literals in a program would be.
 */

/** @typedef {{ userId: string, kind: string, name: string, value: unknown, source: object, since: number }} Fact */

const PERMISSIONS = [
  "tab.dashboard",
  "tab.statistics",
  "tab.settings",
  "tab.team",
  "workspace",
  "workflow.configure",
  "billing.pay",
  "reports.view",
];
const TIERS = ["standard", "professional", "enterprise"];

/**
 * An organisation in which nearly everybody is set up a little differently: one to three teams, a role or two and often
 * the same one from two groups, a setting for every second, some by hand; floors, ceilings, permissions that are
 * withheld, priorities, exclusions and what only concerns another product for a few.
 * @param {number} count @returns {Fact[][]}
 */
export function organisation(count) {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, index) => {
    const person = new Person(index, random);
    const { chance, pick, add, byHand } = person;
    for (let teams = pick(3) + 1; teams > 0; teams -= 1) add("team", `Team ${pick(60)}`);
    if (chance(0.97)) add("role", "user");
    if (chance(0.15)) add("role", "user");
    if (chance(0.12)) add("role", "team-leader");
    if (chance(0.02)) add("role", "administrator");
    if (chance(0.01)) add("role", "billing-contact");
    if (chance(0.06)) add("role", chance(0.7) ? "report-reader" : "report-author");
    if (chance(0.35)) add("setting", "skills", pick(6));
    if (chance(0.05)) add("setting", "skills", pick(6));
    if (chance(0.08)) byHand("setting", "skills", pick(6));
    if (chance(0.1)) add("setting", "statistics", chance(0.7));
    if (chance(0.07)) byHand("setting", "statistics", chance(0.5));
    if (chance(0.1)) add("setting", "call-recording", true);
    if (chance(0.12)) add("permission", PERMISSIONS[pick(PERMISSIONS.length)]);
    if (chance(0.03)) byHand("permission", PERMISSIONS[pick(4)], false);
    if (chance(0.04)) add("tierFloor", "support", TIERS[pick(TIERS.length)]);
    if (chance(0.02)) add("tierCeiling", "support", TIERS[pick(TIERS.length)]);
    if (chance(0.03)) add("pool", "Agents");
    if (chance(0.05)) add("priority", "support", pick(3));
    if (chance(0.01)) add("exclusion", "support");
    return person.facts();
  });
}

/**
 * People of whom hardly two need the same: each has some of many permissions, one by one.
 * @param {number} count @param {readonly string[]} permissions @returns {Fact[][]}
 */
export function individuals(count, permissions) {
  const random = randomFrom(2);
  return Array.from({ length: count }, (_, index) => {
    const person = new Person(index, random);
    const { pick, add } = person;
    add("team", `Team ${pick(60)}`);
    add("role", "user");
    for (let more = pick(5) + 2; more > 0; more -= 1) {
      add("permission", permissions[pick(permissions.length)]);
    }
    return person.facts();
  });
}

class Person {
  #facts = [];
  #userId;
  #random;

  constructor(index, random) {
    this.#userId = `user-${String(index).padStart(12, "0")}`;
    this.#random = random;
  }

  chance = (share) => this.#random() < share;
  pick = (count) => Math.floor(this.#random() * count);
  add = (kind, name, value = true) => {
    const ruleId = `rule-${this.pick(40)}`;
    this.#facts.push([
      kind,
      name,
      value,
      { type: "rule", ruleId, via: `group:g${this.pick(200)}` },
    ]);
  };
  byHand = (kind, name, value) => {
    this.#facts.push([kind, name, value, { type: "hand", by: `admin-${this.pick(5)}` }]);
  };

  /** In no order: that of the database is by digest. */
  facts() {
    return this.#facts
      .map((fact) => ({ fact, key: this.#random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ fact: [kind, name, value, source] }) =>
        factFromRow({
          userId: anew(this.#userId),
          kind: anew(kind),
          name: anew(name),
          value: JSON.stringify(value),
          source: JSON.stringify(source),
          since: 1_700_000_000_000,
        }),
      );
  }
}

/** A text of its own in memory, as a driver makes one. */
function anew(text) {
  return Buffer.from(text).toString();
}

/** Mulberry32: the same people in every run. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
