import { readFileSync } from "node:fs";
import { expect } from "@jest/globals";
import { parse } from "yaml";
import { changedPolicy } from "../../src/actions/changedPolicy.js";
import { checkPolicy } from "../../src/actions/checkPolicy.js";
import { presetForm } from "../../src/admin/policyForm.js";
import { releaseByApp } from "../../src/domain/byHand.js";
import type { Product } from "../../src/domain/catalogue.js";
import type { Group, Pool } from "../../src/domain/directory.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { Scene } from "../domain/scene.js";

/** A preset of config/presets, and a story told as a table: who does what | who has a seat then. */

export interface Preset {
  readonly pools: Readonly<Record<string, { kind: Pool["kind"]; policy: PoolPolicy }>>;
}

/** Read as the API reads a policy: a preset that it would refuse fails here. */
export function preset(name: string): Preset {
  const text = readFileSync(`config/presets/${name}.yaml`, "utf8");
  const { pools } = presetForm.parse(parse(text));
  const whole = Object.entries(pools).map(([pool, { kind, policy }]) => {
    const full = changedPolicy(kind, policy, defaultPolicy(kind));
    checkPolicy({ kind, capacity: 0, policy: full });
    return [pool, { kind, policy: full }] as const;
  });
  return { pools: Object.fromEntries(whole) };
}

/** Acts, by their words. `<x>` is the last word of the line. */
const ACTS: Record<string, (story: Story, who: string, what: string) => unknown> = {
  "is created": ({ scene }, who) => scene.tryToCreate(who),
  "is deleted": ({ scene }, who) => scene.delete(who),
  "is deactivated": ({ scene }, who) => scene.deactivate(who),
  "is activated": ({ scene }, who) => scene.activate(who),
  "signs in": ({ scene }, who) => scene.signIn(who),
  "signs out": ({ scene }, who) => {
    const id = scene.org.idOf(who);
    const seat = [...scene.org.seats.values()].find(({ userId }) => userId === id);
    scene.org.decide((world, ctx) => releaseByApp(world, ctx, seat?.id ?? ""), { type: "app" });
  },
  "is given": ({ scene }, who, what) => scene.give(who, { kind: "pool", name: what }),
  loses: ({ scene }, who, what) => scene.take(who, { kind: "pool", name: what }),
  may: ({ scene }, who, what) => scene.give(who, { kind: "permission", name: what }),
  "may not": ({ scene }, who, what) => scene.take(who, { kind: "permission", name: what }),
  joins: (story, who, what) => story.scene.join(story.group(what), who),
  leaves: (story, who, what) => story.scene.leave(story.group(what), who),
  pass: ({ scene }, who, what) => scene.wait(Number(who) * (what.startsWith("day") ? 24 * 60 : 1)),
};

export class Story {
  readonly scene: Scene;
  readonly pools: Readonly<Record<string, Pool>>;
  readonly #groups = new Map<string, Group>();

  constructor(
    { pools }: Preset,
    capacities: Readonly<Record<string, number>>,
    products: readonly Product[],
    tiers: readonly string[] = ["standard"],
  ) {
    this.scene = new Scene(products);
    this.pools = Object.fromEntries(
      Object.entries(pools).map(([name, { kind, policy }]) => [
        name,
        this.scene.pool(name, { kind, policy, tiers, capacity: capacities[name] ?? 0 }),
      ]),
    );
  }

  /** A team; its members have a claim to every pool of the preset. */
  group(name: string): Group {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group = this.scene.group(name);
    const gives = { teams: [name], pools: Object.keys(this.pools) };
    this.scene.org.rule({ type: "groupName", name }, gives);
    this.#groups.set(name, group);
    return group;
  }

  /** Line by line: `jason signs in | shared: jason`. A minute passes after each; what is not named is not looked at. */
  tell(table: string): void {
    const lines = table
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    for (const line of lines) {
      const [act = "", expected = ""] = line.split("|").map((part) => part.trim());
      this.#do(act);
      expect(`${act} | ${this.#seen(expected)}`).toBe(`${act} | ${expected}`);
      this.scene.wait(1);
    }
  }

  #do(act: string): void {
    const [who = "", ...words] = act.split(/\s+/);
    const whole = ACTS[words.join(" ")];
    const what = words.at(-1) ?? "";
    const act2 =
      whole ??
      ACTS[words.slice(0, -1).join(" ")] ??
      (words[1] === "pass" ? ACTS["pass"] : undefined);
    if (act2 === undefined) throw new Error(`nobody knows how to "${act}"`);
    act2(this, who, words[1] === "pass" ? (words[0] ?? "") : what);
  }

  #seen(expected: string): string {
    return expected
      .split(";")
      .map((part) => part.trim().split(":")[0] ?? "")
      .map((name) => `${name}: ${this.#read(name)}`)
      .join("; ");
  }

  #read(name: string): string {
    if (name === "waiting") return this.scene.listed().join(" ") || "-";
    const seats = [...this.scene.org.seats.values()];
    const pool = this.pools[name];
    const shown = seats
      .filter(({ poolId, kept }) =>
        pool === undefined ? kept?.state === name : poolId === pool.id && kept === undefined,
      )
      .map(({ userId, tier }) =>
        Object.keys(this.pools).length === 1 && name === "seats"
          ? `${this.scene.nameOf(userId)}=${tier}`
          : this.scene.nameOf(userId),
      );
    return shown.sort().join(" ") || "-";
  }
}
