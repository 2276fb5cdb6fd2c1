import fc from "fast-check";
import { patchOp } from "../support/patchOp.js";
import type { Answer } from "../support/server.js";

/**
 * An identity provider in small: what its administrator does, what its directory then holds, and which requests it
 * sends to bring a service to the same state, in Okta's style or in Entra's.
 */

export type Dialect = "okta" | "entra";

const PEOPLE = 4;
const GROUPS = 2;

const person = fc.nat(PEOPLE - 1);
const group = fc.nat(GROUPS - 1);
const title = fc.constantFrom("Agent", "Lead", "Manager");

/** What an administrator does. */
export const adminStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("assign" as const), person, title }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("change" as const), person, title }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("unassign" as const), person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), person }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("join" as const), person, group }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("leave" as const), person, group }) },
);
export type AdminStep = typeof adminStep extends fc.Arbitrary<infer T> ? T : never;

export interface DirectoryView {
  readonly users: Record<string, { active: boolean; title: string }>;
  readonly groups: Record<string, readonly string[]>;
}

export const userNameOf = (index: number): string => `person${String(index)}@acorn.example`;
export const groupNameOf = (index: number): string => ["Leads", "Readers"][index] ?? "";

/** The steps that mean something, in order: nobody who does not exist is changed, deleted or put into a group. */
export function meaningful(steps: readonly AdminStep[]): AdminStep[] {
  const known = new Set<number>();
  return steps.filter((step) => {
    if (step.do === "assign") known.add(step.person);
    else if (!known.has(step.person)) return false;
    else if (step.do === "delete") known.delete(step.person);
    return true;
  });
}

/** The provider's own directory after the steps. */
export function directoryAfter(steps: readonly AdminStep[]): DirectoryView {
  const users: DirectoryView["users"] = {};
  const members = new Map<string, Set<string>>();
  for (let index = 0; index < GROUPS; index += 1) members.set(groupNameOf(index), new Set());
  for (const step of steps) {
    const userName = userNameOf(step.person);
    const user = users[userName];
    if (step.do === "assign") users[userName] = { active: true, title: step.title };
    else if (step.do === "change" && user !== undefined) user.title = step.title;
    else if (step.do === "unassign" && user !== undefined) user.active = false;
    else if (step.do === "delete") {
      Reflect.deleteProperty(users, userName);
      for (const each of members.values()) each.delete(userName);
    } else if (step.do === "join") members.get(groupNameOf(step.group))?.add(userName);
    else if (step.do === "leave") members.get(groupNameOf(step.group))?.delete(userName);
  }
  const groups = [...members].map(([name, names]) => [name, [...names].sort()] as const);
  return { users, groups: Object.fromEntries(groups) };
}

/**
 * Another order that a provider may send the same steps in: those of one person stay in their order, and so do those of
 * one person in one group. `choices` says which of the possible next steps comes first.
 */
export function reordered(steps: readonly AdminStep[], choices: readonly number[]): AdminStep[] {
  const queues = new Map<number, AdminStep[]>();
  for (const step of steps) {
    queues.set(step.person, [...(queues.get(step.person) ?? []), step]);
  }
  const result: AdminStep[] = [];
  for (let turn = 0; result.length < steps.length; turn += 1) {
    const waiting = [...queues.values()].filter((queue) => queue.length > 0);
    const queue = waiting[(choices[turn % choices.length] ?? 0) % waiting.length];
    const next = queue?.shift();
    if (next !== undefined) result.push(next);
  }
  return result;
}

export type Send = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Sends what the steps need. `send` may lose answers and send twice: the provider copes, as the real ones do. */
export class Provider {
  readonly #ids = new Map<string, string>();
  readonly #dialect: Dialect;
  readonly #send: Send;

  constructor(dialect: Dialect, send: Send) {
    this.#dialect = dialect;
    this.#send = send;
  }

  async play(step: AdminStep): Promise<void> {
    const userName = userNameOf(step.person);
    if (step.do === "assign") await this.#assign(userName, step.title);
    else if (step.do === "change") await this.#update(userName, step.title, undefined);
    else if (step.do === "unassign") await this.#deactivate(userName);
    else if (step.do === "delete") await this.#delete(userName);
    else await this.#member(step.do, groupNameOf(step.group), userName);
  }

  /** Before the first member, as both providers do: Okta knows a group by its name alone, Entra by its object id, too. */
  async pushGroups(): Promise<void> {
    for (let index = 0; index < GROUPS; index += 1) {
      const displayName = groupNameOf(index);
      const named =
        this.#dialect === "okta" ? { members: [] } : { externalId: `object-${displayName}` };
      const { status, body: group } = await this.#send("POST", "/Groups", {
        displayName,
        ...named,
      });
      if (status !== 201 && status !== 409) throw new Error(`group: ${String(status)}`);
      const id = status === 201 ? (group.id as string) : await this.#groupNamed(displayName);
      this.#ids.set(displayName, id);
    }
  }

  /** Who is told that there is one already looks for it. */
  async #groupNamed(displayName: string): Promise<string> {
    const filter = encodeURIComponent(`displayName eq "${displayName}"`);
    const { body } = await this.#send("GET", `/Groups?filter=${filter}&excludedAttributes=members`);
    return body.Resources[0].id as string;
  }

  async #assign(userName: string, title: string): Promise<void> {
    const known = (await this.#find(userName)) ?? (await this.#create(userName, title));
    if (known === null) return;
    this.#ids.set(userName, known);
    await this.#update(userName, title, true);
  }

  async #find(userName: string): Promise<string | null> {
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    const { body } = await this.#send("GET", `/Users?filter=${filter}`);
    return (body.Resources[0]?.id as string | undefined) ?? null;
  }

  /** Null when it was created; the id when it turned out to be there already. */
  async #create(userName: string, title: string): Promise<string | null> {
    const body = { userName, externalId: `ext-${userName}`, active: true, title };
    const { status, body: answer } = await this.#send("POST", "/Users", body);
    if (status === 409) return this.#find(userName);
    if (status !== 201) throw new Error(`create: ${String(status)} ${JSON.stringify(answer)}`);
    this.#ids.set(userName, answer.id as string);
    return null;
  }

  async #update(userName: string, title: string, active: boolean | undefined): Promise<void> {
    const path = `/Users/${this.#id(userName)}`;
    if (this.#dialect === "okta") {
      const { body } = await this.#send("GET", path);
      expectStatus(
        await this.#send("PUT", path, { ...body, title, active: active ?? body.active }),
        200,
      );
      return;
    }
    const operations = [
      { op: "Replace", path: "title", value: title },
      ...(active === undefined ? [] : [{ op: "Replace", path: "active", value: "True" }]),
    ];
    expectStatus(await this.#send("PATCH", path, patchOp(...operations)), 200, 204);
  }

  async #deactivate(userName: string): Promise<void> {
    const operation =
      this.#dialect === "okta"
        ? { op: "replace", value: { active: false } }
        : { op: "Replace", path: "active", value: "False" };
    expectStatus(
      await this.#send("PATCH", `/Users/${this.#id(userName)}`, patchOp(operation)),
      200,
      204,
    );
  }

  /** Whoever sends a DELETE twice gets 404 for the second and is content. */
  async #delete(userName: string): Promise<void> {
    expectStatus(await this.#send("DELETE", `/Users/${this.#id(userName)}`), 204, 404);
    this.#ids.delete(userName);
  }

  async #member(change: "join" | "leave", group: string, userName: string): Promise<void> {
    const id = this.#id(userName);
    const join =
      this.#dialect === "okta"
        ? { op: "add", path: "members", value: [{ value: id, display: userName }] }
        : { op: "Add", path: "members", value: [{ $ref: null, value: id }] };
    const leave =
      this.#dialect === "okta"
        ? { op: "remove", path: `members[value eq "${id}"]` }
        : { op: "Remove", path: "members", value: [{ $ref: null, value: id }] };
    const path = `/Groups/${this.#id(group)}`;
    const operation = change === "join" ? join : leave;
    expectStatus(await this.#send("PATCH", path, patchOp(operation)), 200, 204);
  }

  #id(name: string): string {
    const id = this.#ids.get(name);
    if (id === undefined) throw new Error(`the provider knows no id of ${name}`);
    return id;
  }
}

function expectStatus({ status, body }: Answer, ...allowed: number[]): void {
  if (!allowed.includes(status)) {
    throw new Error(`${String(status)} instead of ${allowed.join("/")}: ${JSON.stringify(body)}`);
  }
}
