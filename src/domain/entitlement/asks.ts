import type { JsonValue } from "../../plugin.js";
import type { Catalogue, Demands, Product, Setting } from "../catalogue.js";
import type { Fact, FactKind } from "../directory.js";
import { termsOf } from "./breakGlass.js";
import { addBit, type Bits, emptyBits } from "./bits.js";
import { type Ask, type Lattice, latticeOf } from "./lattice.js";

/** What roles, permissions, settings and rules about tiers ask of one product, worked out once for each catalogue. */

/** One thing asked. */
export interface Part {
  readonly bit: number;
  /** As in `Reason`: "statistics", "skills=3", "tier>=professional". */
  readonly requires: string;
  /** The permission through which a role asks it. */
  readonly via: string | null;
}

/** All that one fact asks. */
export interface Asked {
  readonly parts: readonly Part[];
  readonly bits: Bits;
  /** Of the tier itself, or of what it must offer. */
  readonly about: "tier" | "need";
  /** A role whose demands stay when a permission is withheld (Q8). */
  readonly isFirm: boolean;
  /** What the fact is called in a reason, as it usually is ("role:team-leader", "setting:skills=3"); null where that differs. */
  readonly gift: string | null;
}

/** What one setting asks of one product: by value, and by default. */
export interface SettingAsks {
  readonly id: string;
  readonly setting: Setting;
  readonly of: (value: JsonValue) => Asked;
  readonly byDefault: Asked;
  readonly defaultText: string;
}

export interface Asks {
  readonly product: Product;
  readonly lattice: Lattice;
  readonly nothing: Asked;
  readonly roles: ReadonlyMap<string, Asked>;
  readonly permissions: ReadonlyMap<string, Asked>;
  /** Only those that can ask anything of the product. */
  readonly settings: ReadonlyMap<string, SettingAsks>;
  /** Those whose default asks something. */
  readonly defaults: readonly SettingAsks[];
  /** To be filled and read at once; saves making one for each person. */
  readonly scratch: Bits;
  readonly tier: (type: "floor" | "ceiling" | "exactly", tier: string) => Asked;
}

const known = new WeakMap<Catalogue, Map<Product, Asks>>();

export function asksOf(catalogue: Catalogue, product: Product): Asks {
  let ofCatalogue = known.get(catalogue);
  if (ofCatalogue === undefined) {
    ofCatalogue = new Map();
    known.set(catalogue, ofCatalogue);
  }
  let asks = ofCatalogue.get(product);
  if (asks === undefined) {
    asks = compile(catalogue, product);
    ofCatalogue.set(product, asks);
  }
  return asks;
}

function compile(catalogue: Catalogue, product: Product): Asks {
  const lattice = latticeOf(product);
  const build = builderFor(product, lattice);
  const settings = settingsOf(catalogue, product, build);
  return {
    product,
    lattice,
    nothing: build([]),
    roles: rolesOf(catalogue, product, build),
    permissions: mapped(catalogue.permissions, ({ id, requires }) =>
      build(capabilities(requires, product), { gift: given("permission", id) }),
    ),
    settings,
    defaults: [...settings.values()].filter(({ byDefault }) => byDefault.parts.length > 0),
    scratch: emptyBits(lattice.words),
    tier: remembered((type: "floor" | "ceiling" | "exactly", tier: string) =>
      build([{ ask: { type, tier }, via: null }], { about: "tier" }),
    ),
  };
}

interface Wanted {
  readonly ask: Ask;
  readonly via: string | null;
}

type Build = (wanted: readonly Wanted[], more?: Partial<Omit<Asked, "parts" | "bits">>) => Asked;

/** What is free for everybody is never asked (rules 75 to 92). */
function builderFor(product: Product, lattice: Lattice): Build {
  return (wanted, more = {}) => {
    const parts = wanted
      .filter(
        ({ ask }) =>
          ask.type !== "capability" || !product.freeCapabilities.includes(ask.capability),
      )
      .map(({ ask, via }) => ({ bit: lattice.bitOf(ask), requires: requiresText(ask), via }));
    const bits = emptyBits(lattice.words);
    for (const { bit } of parts) addBit(bits, bit);
    return { parts, bits, about: "need", isFirm: false, gift: null, ...more };
  };
}

const SIGNS = { floor: ">=", ceiling: "<=", exactly: "=" } as const;

function requiresText(ask: Ask): string {
  if (ask.type === "capability") return ask.capability;
  if (ask.type === "limit") return `${ask.limit}=${String(ask.atLeast)}`;
  return `tier${SIGNS[ask.type]}${ask.tier}`;
}

/** Roles whose holders need no seat ask nothing (Q15). */
function rolesOf(catalogue: Catalogue, product: Product, build: Build): Map<string, Asked> {
  const roles = [...catalogue.roles].filter(([id]) => !product.exemptRoles.includes(id));
  return new Map(
    roles.map(([id, role]) => {
      const own = capabilities(role.requires, product);
      const ofPermissions = role.permissions.flatMap((permission) =>
        capabilities(catalogue.permissions.get(permission)?.requires ?? {}, product, permission),
      );
      const isFirm = role.roleIsRequirement === true;
      return [id, build([...own, ...ofPermissions], { isFirm, gift: given("role", id) })];
    }),
  );
}

function settingsOf(
  { settings }: Catalogue,
  product: Product,
  build: Build,
): Map<string, SettingAsks> {
  const relevant = [...settings.values()].filter((setting) => concerns(setting, product.id));
  return new Map(
    relevant.map((setting) => {
      const of = settingAsks(setting, product, build);
      return [
        setting.id,
        {
          id: setting.id,
          setting,
          of,
          byDefault: of(setting.default),
          defaultText: textOf(setting.default),
        },
      ];
    }),
  );
}

function concerns({ requires, choices, limits }: Setting, product: string): boolean {
  return [requires, limits, ...Object.values(choices)].some((by) => Object.hasOwn(by, product));
}

function settingAsks(
  setting: Setting,
  product: Product,
  build: Build,
): (value: JsonValue) => Asked {
  const nothing = build([]);
  if (setting.type === "boolean") {
    const gift = given("setting", setting.id);
    const on = build(capabilities(setting.requires, product), { gift });
    return (value) => (value === true ? on : nothing);
  }
  if (setting.type === "choice") {
    const choices = new Map(
      Object.entries(setting.choices).map(([value, demands]) => [
        value,
        build(capabilities(demands, product), { gift: given("setting", setting.id, value) }),
      ]),
    );
    return (value) => choices.get(textOf(value)) ?? nothing;
  }
  const limit = setting.limits[product.id];
  if (limit === undefined) return () => nothing;
  const upTo = remembered((atLeast: number) =>
    build([{ ask: { type: "limit", limit, atLeast }, via: null }], {
      gift: given("setting", setting.id, atLeast),
    }),
  );
  return (value) => (typeof value === "number" && value > 0 ? upTo(value) : nothing);
}

function capabilities(demands: Demands, product: Product, via: string | null = null): Wanted[] {
  return (demands[product.id] ?? []).map((capability) => ({
    ask: { type: "capability", capability },
    via,
  }));
}

const REMEMBERED_MAX = 1_000;

/** Few values are ever asked for; what somebody makes up must not fill the memory. */
function remembered<Arguments extends (string | number)[], Out>(
  work: (...values: Arguments) => Out,
): (...values: Arguments) => Out {
  const results = new Map<string | number, Out>();
  return (...values) => {
    const key = values.length === 1 ? (values[0] ?? "") : values.join(" ");
    let result = results.get(key);
    if (result === undefined) {
      result = work(...values);
      if (results.size < REMEMBERED_MAX) results.set(key, result);
    }
    return result;
  };
}

function mapped<In, Out>(map: ReadonlyMap<string, In>, convert: (value: In) => Out) {
  return new Map([...map].map(([id, value]) => [id, convert(value)]));
}

export function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function given(kind: FactKind, name: string, value: JsonValue = true): string {
  return giftOf({ kind, name, value });
}

/** "role:team-leader", "setting:skills=3": what a fact gave, in a reason. */
export function giftOf({ kind, name, value }: Pick<Fact, "kind" | "name" | "value">): string {
  if (kind === "breakGlass") return `${kind}:${name}=${termsOf(value).tier ?? ""}`;
  return `${kind}:${name}${typeof value === "boolean" ? "" : `=${textOf(value)}`}`;
}

/** A break-glass claim may name a tier, which is then a floor. */
function askedOfTier(
  asks: Asks,
  kind: "tierFloor" | "tierCeiling" | "breakGlass",
  value: JsonValue,
): Asked | null {
  const tier = kind === "breakGlass" ? termsOf(value).tier : value;
  if (typeof tier !== "string") return null;
  return asks.tier(kind === "tierCeiling" ? "ceiling" : "floor", tier);
}

/** What a fact asks, before anybody overrides it; null: nothing of this product. */
export function askedBy(asks: Asks, { kind, name, value }: Fact): Asked | null {
  switch (kind) {
    case "role":
      return asks.roles.get(name) ?? null;
    case "permission":
      return value === false ? null : (asks.permissions.get(name) ?? null);
    case "setting":
      return asks.settings.get(name)?.of(value) ?? null;
    case "tierFloor":
    case "tierCeiling":
    case "breakGlass":
      return name === asks.product.id ? askedOfTier(asks, kind, value) : null;
    case "tierChoice":
    case "team":
    case "pool":
    case "exclusion":
    case "claim":
    case "priority":
      return null;
  }
}
