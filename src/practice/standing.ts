import { z } from "zod";
import type { Standing } from "./page/model.js";

/** What the admin API answers about one person, and how the page words it. */

export const catalogueAnswer = z.object({
  products: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      tiers: z.array(z.object({ id: z.string(), title: z.string() })),
      addOns: z.array(z.object({ id: z.string(), title: z.string() })),
    }),
  ),
});

const kind = z.enum(["locked", "shared", "concurrent"]);

export const poolAnswer = z.object({
  id: z.string(),
  name: z.string(),
  product: z.string(),
  tiers: z.array(z.string()),
  kind,
  capacity: z.number(),
  used: z.number(),
  waiting: z.number(),
  policy: z.object({ acquireOn: z.string(), leaseUnit: z.string() }),
});

const requirement = z.object({
  product: z.string(),
  tier: z.string().nullable(),
  addOns: z.array(z.string()),
  blocked: z.string().nullable(),
});

const seat = z.object({
  product: z.string(),
  tier: z.string(),
  pool: z.string().nullable(),
  kind: kind.nullable(),
});

export const waitingAnswer = z.object({
  id: z.string(),
  product: z.string(),
  tier: z.string(),
  /** Null: any pool of the product that has the tier. Otherwise this one or one of `alsoPools`. */
  poolId: z.string().nullable(),
  alsoPools: z.array(z.string()),
  atTheDoor: z.boolean(),
  position: z.number(),
});

export const whoAnswer = z.object({
  user: z.object({ id: z.string(), active: z.boolean(), displayName: z.string().nullable() }),
  requirements: z.array(requirement),
  seats: z.array(seat),
  waiting: z.array(waitingAnswer),
  why: z.array(z.object({ product: z.string(), sentence: z.string() })),
});

type Product = z.infer<typeof catalogueAnswer>["products"][number];
type Pool = z.infer<typeof poolAnswer>;
type Who = z.infer<typeof whoAnswer>;
type Waiting = z.infer<typeof waitingAnswer>;

/** What every person's standing is read with. */
export interface Surroundings {
  readonly products: readonly Product[];
  readonly pools: readonly Pool[];
  /** Everybody who waits, in order within each product. */
  readonly line: readonly Waiting[];
}

/** Everything known about one person and one product. */
interface Case {
  readonly product: Product;
  readonly requirement: z.infer<typeof requirement> | undefined;
  readonly seat: z.infer<typeof seat> | undefined;
  readonly waiting: Waiting | undefined;
  readonly line: readonly Waiting[];
  readonly why: string | null;
  readonly pools: readonly Pool[];
}

/** Products that have nothing to do with the person are left out. */
export function standingsOf(about: Who, { products, pools, line }: Surroundings): Standing[] {
  if (!about.user.active) return [];
  return products
    .map((product) => {
      const ofProduct = (row: { readonly product: string }): boolean => row.product === product.id;
      return {
        product,
        requirement: about.requirements.find(ofProduct),
        seat: about.seats.find(ofProduct),
        waiting: about.waiting.find(ofProduct),
        line: line.filter(ofProduct),
        why: about.why.find(ofProduct)?.sentence ?? null,
        pools: pools.filter(ofProduct),
      };
    })
    .filter(matters)
    .map(standingOf);
}

function matters({ requirement, seat, waiting }: Case): boolean {
  const required = requirement !== undefined && (requirement.tier ?? requirement.blocked) !== null;
  return required || seat !== undefined || waiting !== undefined;
}

function standingOf(one: Case): Standing {
  const { product, requirement, seat, waiting, why } = one;
  const needed = neededTier(one);
  const addOns = requirement?.addOns ?? [];
  return {
    product: product.title,
    tier: needed === null ? null : titleIn(product.tiers, needed),
    addOns: addOns.map((addOn) => titleIn(product.addOns, addOn)),
    seat: seat === undefined ? null : heldSeat(product, seat),
    ...placeOf(one),
    note: (seat ?? waiting) === undefined ? noteOf(one) : null,
    why,
  };
}

/** As the pools count who waits: only those are ahead who could be given the same seat. */
function placeOf({ waiting, line, pools }: Case): Pick<Standing, "waitingPosition" | "waitingFor"> {
  if (waiting === undefined) return { waitingPosition: null, waitingFor: [] };
  const serving = pools.filter((pool) => serves(pool, waiting));
  const rivals = line.filter((one) => serving.some((pool) => serves(pool, one)));
  const ahead = rivals.findIndex(({ id }) => id === waiting.id);
  return ahead < 0
    ? { waitingPosition: waiting.position, waitingFor: [] }
    : { waitingPosition: ahead + 1, waitingFor: serving.map(({ name }) => name) };
}

/** As the engine decides it (docs/pools.md). */
function serves(
  { id, tiers, policy }: Pool,
  { poolId, alsoPools, tier, atTheDoor }: Waiting,
): boolean {
  if (!tiers.includes(tier) || policy.leaseUnit !== "user") return false;
  if (poolId !== null) return [poolId, ...alsoPools].includes(id);
  return policy.acquireOn === "signIn" ? atTheDoor : policy.acquireOn !== "manual";
}

function neededTier({ requirement, waiting, seat }: Case): string | null {
  return requirement?.tier ?? waiting?.tier ?? seat?.tier ?? null;
}

/** Null for a seat whose pool is gone: there is nothing to show of it. */
function heldSeat(product: Product, { pool, kind, tier }: z.infer<typeof seat>): Standing["seat"] {
  if (pool === null || kind === null) return null;
  return { pool, kind, tier: titleIn(product.tiers, tier) };
}

/** Why somebody who needs a seat neither has one nor waits for one. */
function noteOf({ requirement, pools }: Case): string {
  if (requirement?.blocked === "Excluded") return "left out by a rule";
  if (requirement?.blocked === "TierConflict") return "no tier offers everything at once";
  const fitting = pools.filter((one) => one.tiers.includes(requirement?.tier ?? ""));
  const atSignIn = fitting.filter((one) => one.policy.acquireOn === "signIn");
  if (atSignIn.some((one) => one.kind === "concurrent")) return "takes a lease at sign-in";
  if (atSignIn.length > 0) return "takes a shared seat at sign-in";
  return fitting.length === 0 ? "no pool offers this tier" : "no seat";
}

export function titleIn(
  words: readonly { readonly id: string; readonly title: string }[],
  id: string,
): string {
  return words.find((word) => word.id === id)?.title ?? id;
}
