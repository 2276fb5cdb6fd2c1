import type { JsonValue } from "../../plugin.js";
import type { Fact, FactKind, TierFact } from "../directory.js";
import { type Asks, type SettingAsks, textOf } from "./asks.js";
import { hasBit } from "./bits.js";
import type { Source } from "./given.js";

/** What an administrator can do so that something is no longer demanded. */
export type Switch =
  /** Set by hand to another value, whatever rules say. */
  | {
      readonly type: "setting";
      readonly setting: string;
      readonly from: JsonValue;
      readonly to: JsonValue;
    }
  /** Taken away with everything that it gives. */
  | { readonly type: "role"; readonly role: string }
  /** Withheld, whoever gives it. */
  | { readonly type: "permission"; readonly permission: string }
  /** Taken away where it was given: a floor, a ceiling or a choice. */
  | { readonly type: "tier"; readonly kind: TierFact; readonly tier: string };

/** One thing can be switched once; of a number the later, smaller value counts. */
export function switchKey(change: Switch): string {
  switch (change.type) {
    case "setting":
      return `setting ${change.setting}`;
    case "role":
      return `role ${change.role}`;
    case "permission":
      return `permission ${change.permission}`;
    case "tier":
      return `${change.kind} ${change.tier}`;
  }
}

/** The facts as they would be. */
export function switched(
  product: string,
  facts: readonly Fact[],
  changes: readonly Switch[],
): Fact[] {
  return changes.reduce<Fact[]>((left, change) => afterSwitch(product, left, change), [...facts]);
}

function afterSwitch(product: string, facts: readonly Fact[], change: Switch): Fact[] {
  const without = (kind: FactKind, name: string) =>
    facts.filter((fact) => fact.kind !== kind || fact.name !== name);
  switch (change.type) {
    case "setting":
      return [...without("setting", change.setting), byHand("setting", change.setting, change.to)];
    case "role":
      return without("role", change.role);
    case "permission":
      return [
        ...without("permission", change.permission),
        byHand("permission", change.permission, false),
      ];
    case "tier":
      return facts.filter(
        ({ kind, name, value }) =>
          kind !== change.kind || name !== product || value !== change.tier,
      );
  }
}

function byHand(kind: FactKind, name: string, value: JsonValue): Fact {
  return { userId: "", kind, name, value, source: { type: "hand", by: "" }, since: 0 };
}

/** Every single change after which this fact no longer makes this demand. */
export function switchesFor(asks: Asks, source: Source, facts: readonly Fact[]): Switch[] {
  const { given, part } = source;
  const { fact } = given;
  if (fact === null || fact.kind === "setting") return settingSwitches(asks, source, facts);
  const { kind, name, value } = fact;
  if (kind === "permission") return [{ type: "permission", permission: name }];
  if (kind === "role") {
    const role = { type: "role", role: name } as const;
    return part.via === null || given.asked.isFirm
      ? [role]
      : [role, { type: "permission", permission: part.via }];
  }
  return kind === "tierFloor" || kind === "tierCeiling" || kind === "tierChoice"
    ? [{ type: "tier", kind, tier: textOf(value) }]
    : [];
}

function settingSwitches(asks: Asks, source: Source, facts: readonly Fact[]): Switch[] {
  const { fact } = source.given;
  const id = fact?.name ?? source.given.setting ?? "";
  const known = asks.settings.get(id);
  if (known === undefined) return [];
  const from = fact?.value ?? known.setting.default;
  const to = (value: JsonValue) => ({ type: "setting", setting: id, from, to: value }) as const;
  switch (known.setting.type) {
    case "boolean":
      return [to(false)];
    case "number": {
      const least = asks.lattice.leastFor(source.part.bit);
      return least === null ? [] : [{ ...to(least - 1), from: numberNow(facts, id, from) }];
    }
    case "choice":
      return lesserChoices(known, source).map(to);
  }
}

/** Choices that ask nothing new, and not this. */
function lesserChoices({ setting, of }: SettingAsks, { given, part }: Source): string[] {
  return Object.keys(setting.choices).filter((choice) => {
    const { parts, bits } = of(choice);
    return !hasBit(bits, part.bit) && parts.every(({ bit }) => hasBit(given.asked.bits, bit));
  });
}

/** What was set by hand replaces the rest; of several the largest counts. */
function numberNow(facts: readonly Fact[], setting: string, otherwise: JsonValue): JsonValue {
  const given = facts.filter(({ kind, name }) => kind === "setting" && name === setting);
  const byHand = given.filter(({ source }) => source.type === "hand");
  const values = (byHand.length > 0 ? byHand : given).map(({ value }) => Number(value));
  return values.length === 0 ? otherwise : Math.max(...values);
}
