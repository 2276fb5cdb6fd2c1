import type { Catalogue, Product } from "../../src/domain/catalogue.js";
import {
  acquireSeat,
  changePool,
  giveByHand,
  takeByHand,
  type HandFact,
  type PoolPatch,
} from "../../src/domain/byHand.js";
import { createUser } from "../../src/domain/people/arrival.js";
import type { Group, Pool } from "../../src/domain/directory.js";
import { changeGroup, createGroup, NO_MEMBERS } from "../../src/domain/people/groups.js";
import { evaluate } from "../../src/domain/evaluate.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import {
  changeUser,
  type UserDraft,
  type UserResult,
} from "../../src/domain/people/provisioning.js";
import { deleteUser } from "../../src/domain/people/removal.js";
import type { SeatOutcome } from "../../src/domain/seats/seats.js";
import type { Verdict } from "../../src/domain/verdict.js";
import type { Entry } from "../../src/domain/history.js";
import { MemoryOrganisation, product } from "./organisation.js";

/** An organisation with short words for what people do in it. Everything goes through the doors. */
export class Scene {
  readonly org: MemoryOrganisation;

  constructor(products: readonly Product[] = [support()]) {
    this.org = new MemoryOrganisation(catalogueOf(products));
  }

  pool(
    name: string,
    { policy, ...more }: Omit<Partial<Pool>, "policy"> & { policy?: Partial<PoolPolicy> } = {},
  ): Pool {
    const kind = more.kind ?? "locked";
    return this.org.pool(name, { ...more, kind, policy: { ...defaultPolicy(kind), ...policy } });
  }

  change(
    pool: Pool,
    { policy, ...patch }: Omit<PoolPatch, "policy"> & { policy?: Partial<PoolPolicy> },
  ) {
    const now = this.org.pools.get(pool.id) ?? pool;
    const whole = policy === undefined ? patch : { ...patch, policy: { ...now.policy, ...policy } };
    return this.org.decide((world, ctx) => changePool(world, ctx, pool.id, whole), {
      type: "admin",
    });
  }

  capacityOf(pool: Pool): number {
    return this.org.pools.get(pool.id)?.capacity ?? 0;
  }

  tryToCreate(userName: string, more: Partial<UserDraft> = {}): Verdict<UserResult> {
    const draft: UserDraft = {
      userName,
      externalId: null,
      displayName: userName,
      active: true,
      document: { userName },
      ...more,
    };
    return this.org.decide((world, ctx) => createUser(world, ctx, "c1", draft));
  }

  create(...userNames: string[]): void {
    for (const userName of userNames) {
      const verdict = this.tryToCreate(userName);
      if ("refused" in verdict) throw new Error(verdict.refused);
    }
  }

  update(userName: string, more: Partial<UserDraft>) {
    const target = { id: this.org.idOf(userName), connectionId: "c1" };
    return this.org.decide((world, ctx) =>
      changeUser(world, ctx, target, (user) => ({ ...user, ...more })),
    );
  }

  deactivate(userName: string) {
    return this.update(userName, { active: false });
  }

  activate(userName: string) {
    return this.update(userName, { active: true });
  }

  delete(userName: string) {
    const target = { id: this.org.idOf(userName), connectionId: "c1" };
    return this.org.decide((world, ctx) => deleteUser(world, ctx, target));
  }

  /** Through the application's door, which is the sign-in's. */
  signIn(userName: string, productId = "support"): SeatOutcome {
    const verdict = this.org.decide(
      (world, ctx) => acquireSeat(world, ctx, this.org.idOf(userName), productId),
      { type: "app" },
    );
    if ("refused" in verdict) throw new Error(verdict.refused);
    return verdict.ok;
  }

  give(userName: string, fact: Partial<HandFact> & Pick<HandFact, "kind" | "name">) {
    return this.org.decide(
      (world, ctx) =>
        giveByHand(world, ctx, this.org.idOf(userName), { value: true, ...fact }, "ann"),
      { type: "admin" },
    );
  }

  take(userName: string, fact: Pick<HandFact, "kind" | "name">) {
    return this.org.decide((world, ctx) => takeByHand(world, ctx, this.org.idOf(userName), fact), {
      type: "admin",
    });
  }

  group(displayName: string): Group {
    const draft = { displayName, externalId: null, document: { displayName } };
    const verdict = this.org.decide((world, ctx) => createGroup(world, ctx, "c1", draft, []));
    if ("refused" in verdict) throw new Error(verdict.refused);
    return verdict.ok.group;
  }

  join(group: Group, ...userNames: string[]): void {
    this.#members(group, userNames, []);
  }

  leave(group: Group, ...userNames: string[]): void {
    this.#members(group, [], userNames);
  }

  #members(group: Group, add: string[], remove: string[]): void {
    const ids = (names: string[]) => names.map((name) => this.org.idOf(name));
    const delta = { clear: false, add: ids(add), remove: ids(remove) };
    this.org.decide((world, ctx) =>
      changeGroup(world, ctx, { id: group.id, connectionId: "c1" }, (same) => same, delta),
    );
  }

  renameGroup(group: Group, displayName: string): void {
    const target = { id: group.id, connectionId: "c1" };
    const draft = { displayName, externalId: null, document: { displayName } };
    this.org.decide((world, ctx) => changeGroup(world, ctx, target, () => draft, NO_MEMBERS));
  }

  /** What the server does in the background after a change of a policy or a rule. */
  evaluateAll(): void {
    this.org.decide((world, ctx) => evaluate(world, ctx, [...this.org.users.keys()]), {
      type: "timer",
    });
  }

  holders(pool?: Pool): string[] {
    return this.org.holders(pool?.id);
  }

  listed(): string[] {
    return this.org.listed();
  }

  wait(minutes: number): void {
    this.org.minutes(minutes);
  }

  nameOf(id: string | null): string {
    return this.org.users.get(id ?? "")?.userName ?? "";
  }

  lastEntry(kind: Entry["kind"]): Entry | undefined {
    return this.org.entries.findLast((entry) => entry.kind === kind);
  }
}

/** Three tiers, each with all of the one below; everybody needs at least the first, unless it is said otherwise. */
export function support(more: Partial<Product> = {}): Product {
  return product(
    "support",
    [
      ["standard", "chat"],
      ["professional", "chat reports"],
      ["enterprise", "chat reports admin"],
    ],
    { everyone: true, ...more },
  );
}

function catalogueOf(products: readonly Product[]): Catalogue {
  const capabilities = products.flatMap(({ id, tiers }) =>
    tiers.flatMap((tier) => tier.capabilities.map((capability) => [id, capability] as const)),
  );
  return {
    products: new Map(products.map((one) => [one.id, one])),
    permissions: new Map(
      capabilities.map(([id, capability]) => [
        capability,
        { id: capability, title: capability, requires: { [id]: [capability] } },
      ]),
    ),
    roles: new Map(),
    settings: new Map(),
  };
}
