import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../support/measure.mjs";

/**
 * What is measured, the same for each server. A workload that a server cannot do, or does too slowly to be waited for,
 * ends as `null` with the reason.
 */

/** @typedef {import("./servers.mjs").Running} Running */
/** @typedef {{ perSecond: number, p50: number, p99: number, errors: number }} Figures */

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** Numbers of users who are created while creations are measured. */
const FRESH = 10_000_000;
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** About 1 KB, as Entra ID sends it. */
export function userNumbered(index, changes = {}) {
  const userName = `user${index}@acorn.example`;
  return {
    schemas: [USER, ENTERPRISE],
    userName,
    externalId: `00u${String(index).padStart(17, "0")}`,
    active: true,
    displayName: `Given${index} Family${index}`,
    name: {
      formatted: `Given${index} Family${index}`,
      givenName: `Given${index}`,
      familyName: `Family${index}`,
    },
    title: "Support engineer",
    userType: "Employee",
    preferredLanguage: "en-GB",
    emails: [
      { value: userName, type: "work", primary: true },
      { value: `home-${userName}`, type: "home" },
    ],
    phoneNumbers: [{ value: "+44 20 7946 0958", type: "work" }],
    addresses: [
      {
        type: "work",
        streetAddress: "1 Long Lane",
        locality: "London",
        postalCode: "EC1A 9HF",
        country: "GB",
      },
    ],
    [ENTERPRISE]: { employeeNumber: String(index), department: "Support", costCenter: "4711" },
    ...changes,
  };
}

export function groupNamed(displayName) {
  return { schemas: [GROUP], displayName };
}

export function patchOf(...operations) {
  return { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations };
}

/**
 * Sends requests for a number of milliseconds over `connections` at once, each as soon as the former is answered.
 *
 * @param {{ milliseconds: number, connections: number, warmUp?: number }} plan
 * @param {(index: number) => Promise<{ status: number }>} send
 * @returns {Promise<Figures>}
 */
export async function load({ milliseconds, connections, warmUp = 200 }, send) {
  const times = [];
  let errors = 0;
  let next = 0;
  const begun = performance.now();
  const counted = begun + warmUp;
  const end = counted + milliseconds;
  const worker = async () => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      const index = next;
      next += 1;
      const { status } = await send(index);
      if (status >= 300) errors += 1;
      else if (start >= counted) times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - counted) / 1000;
  return {
    perSecond: times.length / seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    errors,
  };
}

/** Creates users `from` to `to`, and gives their ids. */
export async function createUsers({ client }, from, to, connections) {
  const ids = new Array(to - from);
  let next = from;
  const worker = async () => {
    for (let index = next; index < to; index = next) {
      next += 1;
      const { status, body } = await client("POST", "/Users", userNumbered(index));
      if (status !== 201) throw new Error(`create: ${status} ${JSON.stringify(body)}`);
      ids[index - from] = body.id;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return ids;
}

export function lookup({ client }, index) {
  const filter = encodeURIComponent(`userName eq "user${index}@acorn.example"`);
  return client("GET", `/Users?filter=${filter}`);
}

export const setActive = {
  entra: ({ client, traits }, id, active) => {
    const value = traits.textBooleans === true ? (active ? "True" : "False") : active;
    return client("PATCH", `/Users/${id}`, patchOf({ op: "Replace", path: "active", value }));
  },
  okta: ({ client }, id, active) =>
    client("PATCH", `/Users/${id}`, patchOf({ op: "replace", value: { active } })),
};

/**
 * The writes that are measured, each as a function that sends the next one.
 *
 * @param {Running} running
 * @param {readonly string[]} ids of the users 0, 1, 2 and so on
 * @returns {Record<"create" | "replace" | "entra" | "okta", (index: number) => Promise<{ status: number }>>}
 */
export function writesOn(running, ids) {
  let fresh = FRESH;
  // Each request changes something: a whole round of people is deactivated, then all come back.
  const toggle = (dialect) => (index) => {
    const isBack = Math.floor(index / ids.length) % 2 === 1;
    return setActive[dialect](running, ids[index % ids.length], isBack);
  };
  return {
    create: () => {
      fresh += 1;
      return running.client("POST", "/Users", userNumbered(fresh));
    },
    replace: (index) => {
      const at = index % ids.length;
      const body = userNumbered(at, { id: ids[at], title: `Engineer ${index}` });
      return running.client("PUT", `/Users/${ids[at]}`, body);
    },
    entra: toggle("entra"),
    okta: toggle("okta"),
  };
}

/** A group with `ids` as members, or null when that takes longer than `milliseconds`. */
export async function filledGroup({ client }, displayName, ids, milliseconds) {
  const { body } = await client("POST", "/Groups", groupNamed(displayName));
  const path = `/Groups/${body.id}`;
  const end = performance.now() + milliseconds;
  for (let index = 0; index < ids.length; index += 500) {
    if (performance.now() > end) return null;
    const { status } = await addMembers({ client }, path, ids.slice(index, index + 500));
    if (status >= 300) return null;
  }
  return path;
}

export function addMembers({ client }, path, ids) {
  const value = ids.map((id) => ({ value: id }));
  return client("PATCH", path, patchOf({ op: "Add", path: "members", value }));
}

export function removeMember({ client }, path, id) {
  const remove = { op: "Remove", path: `members[value eq "${id}"]` };
  return client("PATCH", path, patchOf(remove));
}

/** Users, then groups with their members, as an identity provider begins. Seconds. */
export async function initialSync(running, { users, groups, connections }) {
  const begun = performance.now();
  const ids = await createUsers(running, 1_000_000, 1_000_000 + users, connections);
  const each = Math.floor(users / groups);
  let next = 0;
  const worker = async () => {
    for (let group = next; group < groups; group = next) {
      next += 1;
      const created = await running.client("POST", "/Groups", groupNamed(`Sync ${group}`));
      const members = ids.slice(group * each, (group + 1) * each);
      const { status } = await addMembers(running, `/Groups/${created.body.id}`, members);
      if (status >= 300) throw new Error(`add members: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return (performance.now() - begun) / 1000;
}

/** Lets what goes on in the background come to its end, so that it does not weigh on the next measurement. */
export function rest() {
  return sleep(500);
}
