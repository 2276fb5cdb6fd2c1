import { mapBounded } from "./bounded.js";
import { DIALECTS } from "./dialects.js";
import type { Dialect, JsonValue, Manager, Member, ScimCall } from "./dialect.js";
import { GROUPS } from "./directory.js";
import type { DirectoryGroup, GroupKey } from "./directory.js";
import type { Exchange, ScimClient } from "./scimClient.js";
import type { CurrentPerson, Directory } from "./state.js";

/**
 * What a provider does when its directory changes: it turns each change into requests of its dialect and remembers the
 * ids it gets back. The directory is changed only after Seatkeeper accepted.
 */
export interface Provisioner {
  /** Brings Seatkeeper in step with the whole directory; what is there already is found and left alone. */
  syncAll(watch: Watch): Promise<void>;
  deactivate(person: CurrentPerson, watch: Watch): Promise<void>;
  reactivate(person: CurrentPerson, watch: Watch): Promise<void>;
  /** Out of every group but Everyone, and into this one. */
  moveTo(person: CurrentPerson, group: GroupKey, watch: Watch): Promise<void>;
  rename(person: CurrentPerson, familyName: string, watch: Watch): Promise<void>;
  remove(person: CurrentPerson, watch: Watch): Promise<void>;
  restore(person: CurrentPerson, watch: Watch): Promise<void>;
}

/** Told of every request as soon as it was answered, also of the one that failed. */
export type Watch = (exchange: Exchange) => void;

/** Seatkeeper refused a request; the exchange has been shown to the watcher. */
export class ProvisioningRefused extends Error {
  override readonly name = "ProvisioningRefused";
}

/** Real providers send a few requests at a time; eight is enough to be done in a second. */
const CONCURRENCY = 8;

export function createProvisioner(directory: Directory, client: ScimClient): Provisioner {
  const dialect = (): Dialect => DIALECTS[directory.dialect()];

  return {
    async syncAll(watch) {
      const steps = { directory, dialect: dialect(), send: sender(client, watch) };
      for (const level of byLevel(directory.people())) {
        await mapBounded(level, CONCURRENCY, (person) => syncPerson(steps, person));
      }
      await mapBounded([...GROUPS], CONCURRENCY, (group) => syncGroup(steps, group));
    },

    async deactivate(person, watch) {
      const send = sender(client, watch);
      for (const call of dialect().deactivate(knownId(person), person)) await send(call);
      directory.change(person.key, { active: false });
    },

    async reactivate(person, watch) {
      const send = sender(client, watch);
      const manager = managerOf(directory, person);
      const again = { ...person, active: true };
      for (const call of dialect().reactivate(knownId(person), again, manager)) await send(call);
      directory.change(person.key, { active: true });
    },

    async moveTo(person, to, watch) {
      const steps = { directory, dialect: dialect(), send: sender(client, watch) };
      const leave = person.currentGroups.filter((key) => key !== "everyone" && key !== to);
      for (const key of leave) await changeMembership(steps, person, key, "remove");
      if (!person.currentGroups.includes(to)) await changeMembership(steps, person, to, "add");
    },

    async rename(person, familyName, watch) {
      const send = sender(client, watch);
      directory.change(person.key, { familyName });
      const renamed = directory.person(person.key) ?? person;
      try {
        const manager = managerOf(directory, person);
        for (const call of dialect().rename(knownId(person), renamed, manager)) await send(call);
      } catch (error) {
        directory.change(person.key, { familyName: person.familyName });
        throw error;
      }
    },

    async remove(person, watch) {
      const send = sender(client, watch);
      for (const call of dialect().remove(knownId(person), person)) await send(call);
      directory.change(person.key, { active: false, deleted: true, scimId: null });
    },

    async restore(person, watch) {
      const steps = { directory, dialect: dialect(), send: sender(client, watch) };
      directory.change(person.key, { active: true, deleted: false });
      try {
        await syncPerson(steps, { ...person, active: true, deleted: false, scimId: null });
      } catch (error) {
        directory.change(person.key, { active: false, deleted: true, scimId: null });
        throw error;
      }
      const restored = directory.person(person.key) ?? person;
      for (const key of person.currentGroups) await changeMembership(steps, restored, key, "add");
    },
  };
}

interface Steps {
  readonly directory: Directory;
  readonly dialect: Dialect;
  readonly send: (call: ScimCall) => Promise<Exchange>;
}

function sender(client: ScimClient, watch: Watch): Steps["send"] {
  return async function send(call) {
    const exchange = await client.send(call);
    watch(exchange);
    if (exchange.status < 200 || exchange.status > 299) {
      throw new ProvisioningRefused(refusalOf(exchange));
    }
    return exchange;
  };
}

/** With the server's own sentence where it gave one (RFC 7644 §3.12). */
function refusalOf({ method, path, status, response }: Exchange): string {
  const detail = field(response, "detail");
  const words = typeof detail === "string" ? ` ${detail}` : "";
  return `Seatkeeper answered ${method} ${path} with ${status}.${words}`;
}

/** Look up first, always: a provider never creates what may be there already. */
async function syncPerson(steps: Steps, person: CurrentPerson): Promise<void> {
  const { directory, dialect, send } = steps;
  if (person.deleted) return;
  const found = firstId(await send(dialect.findUser(person)));
  if (found === null) return createPerson(steps, person);
  if (found === person.scimId) return;
  const manager = managerOf(directory, person);
  for (const call of dialect.adopt(found, person, manager)) await send(call);
  directory.change(person.key, { scimId: found });
}

async function createPerson(steps: Steps, person: CurrentPerson): Promise<void> {
  // Nobody who is switched off is created: real providers leave such people out of their scope.
  if (!person.active) return;
  const { directory, dialect, send } = steps;
  const manager = managerOf(directory, person);
  const created = await send(
    dialect.createUser(person, dialect.managerWithCreate ? manager : null),
  );
  const scimId = ownId(created);
  directory.change(person.key, { scimId });
  const later = manager === null ? null : dialect.setManager(scimId, manager);
  if (later !== null) await send(later);
}

async function syncGroup(steps: Steps, group: DirectoryGroup): Promise<void> {
  const { directory, dialect, send } = steps;
  const found = firstId(await send(dialect.findGroup(group)));
  if (found !== null && found === directory.groupScimId(group.key)) return;
  const scimId = found ?? ownId(await send(dialect.createGroup(group)));
  const known = directory.people().filter((person) => person.scimId !== null);
  const add = known.filter((person) => person.currentGroups.includes(group.key));
  // A group that was there before may have members from a directory that is gone.
  const remove = found === null ? [] : known.filter((person) => !add.includes(person));
  const change = { add: add.map(member), remove: remove.map(member) };
  for (const call of dialect.changeMembers(scimId, group, change)) await send(call);
  directory.setGroupScimId(group.key, scimId);
}

async function changeMembership(
  steps: Steps,
  person: CurrentPerson,
  key: GroupKey,
  kind: "add" | "remove",
): Promise<void> {
  const { directory, dialect, send } = steps;
  const group = directory.group(key);
  const groupId = directory.groupScimId(key);
  if (group === undefined || groupId === null) throw new ProvisioningRefused("Unknown group.");
  const change = { add: [], remove: [], [kind]: [member(person)] };
  for (const call of dialect.changeMembers(groupId, group, change)) await send(call);
  const groups = directory.person(person.key)?.currentGroups ?? [];
  const without = groups.filter((one) => one !== key);
  directory.change(person.key, { groups: kind === "add" ? [...without, key] : without });
}

function managerOf(directory: Directory, person: CurrentPerson): Manager | null {
  const manager = person.managerKey === null ? undefined : directory.person(person.managerKey);
  if (manager === undefined || manager.scimId === null) return null;
  return { scimId: manager.scimId, displayName: manager.displayName };
}

function member(person: CurrentPerson): Member {
  return { scimId: knownId(person), userName: person.userName };
}

function knownId(person: CurrentPerson): string {
  if (person.scimId === null) {
    throw new ProvisioningRefused(`${person.displayName} has not been provisioned.`);
  }
  return person.scimId;
}

/** Managers before those who report to them, so that references can be sent with the account. */
function byLevel(people: readonly CurrentPerson[]): CurrentPerson[][] {
  const levels: CurrentPerson[][] = [];
  const levelOf = new Map<string, number>();
  for (const person of people) {
    const above = person.managerKey === null ? -1 : (levelOf.get(person.managerKey) ?? -1);
    levelOf.set(person.key, above + 1);
    (levels[above + 1] ??= []).push(person);
  }
  return levels;
}

function firstId(exchange: Exchange): string | null {
  const resources = field(exchange.response, "Resources");
  const id = Array.isArray(resources) ? field(resources[0], "id") : undefined;
  return typeof id === "string" ? id : null;
}

function ownId(exchange: Exchange): string {
  const id = field(exchange.response, "id");
  if (typeof id !== "string") {
    throw new ProvisioningRefused(`The answer to ${exchange.method} ${exchange.path} has no id.`);
  }
  return id;
}

function field(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value[name];
}
