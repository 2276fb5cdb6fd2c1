import type { JsonObject } from "../../plugin.js";
import { recordAct } from "../administration/acts.js";
import type { Fact, Id, User } from "../directory.js";
import { chainOf } from "../entitlement/given.js";
import { isOver, termsOf } from "../entitlement/breakGlass.js";
import type { Cause } from "../history.js";
import { factKey } from "../mapping.js";
import type { Context, World } from "../world.js";

/**
 * What is written down and said about break-glass claims (docs/adr/0044-break-glass.md): nobody gets past an exclusion without
 * a line of the ledger and a message. Giving and taking them is in breakGlassByHand.ts.
 */

/** over: its time; takenBack: by hand; deleted, erased: the account is gone. */
export type GlassEnd = "over" | "takenBack" | "deleted" | "erased";

/** @param reason renewed: there was one already, with another end, tier or reason */
export function tellGiven(
  world: World,
  ctx: Context,
  fact: Fact,
  reason: "given" | "renewed",
): void {
  const despite = world.facts
    .group(fact.userId)
    .filter(({ kind, name }) => kind === "exclusion" && name === fact.name)
    .map((exclusion) => chainOf(exclusion).join(" > "))
    .sort();
  tell(world, ctx, fact, { kind: "breakGlass.given", reason, more: { despite } });
}

export function tellEnd(world: World, ctx: Context, fact: Fact, reason: GlassEnd): void {
  tell(world, ctx, fact, { kind: "breakGlass.ended", reason, more: {} });
}

interface Said {
  readonly kind: "breakGlass.given" | "breakGlass.ended";
  readonly reason: string;
  readonly more: JsonObject;
}

function tell(
  world: World,
  ctx: Context,
  { userId, name, source, value }: Fact,
  { kind, reason, more }: Said,
): void {
  const terms = termsOf(value);
  const details = { tier: terms.tier, until: terms.until, reason: terms.reason, ...more };
  recordAct(world, ctx, { kind, userId, product: name, reason, details });
  const by = source.type === "hand" ? source.by : null;
  const data = { userId, product: name, by, change: reason, ...details };
  world.announce({ id: ctx.nextId(), userId, type: kind, data });
}

/** As with everything that only time ends, the clock is the cause, whoever notices. */
export const OVERDUE: Cause = {
  type: "timer",
  action: "breakGlass.over",
  actor: "system",
  requestId: null,
};

/** Past its end a claim is of no force by definition; this makes the books say so before anything is decided. */
export function endOverdue(world: World, ctx: Context, userId: Id): void {
  for (const fact of world.facts.group(userId)) {
    if (!isOver(fact, world.now)) continue;
    world.facts.delete(factKey(fact));
    tellEnd(world, { ...ctx, cause: OVERDUE }, fact, "over");
  }
}

/** Of everybody who is loaded: whose claim has ended, and nobody has looked since. */
export function overdueHolders(world: World): Id[] {
  const isOverdue = ({ id }: User) => world.facts.group(id).some((fact) => isOver(fact, world.now));
  const found = world.users.group("").filter(isOverdue);
  return found.map(({ id }) => id);
}

/** `${userId} ${product}` of the claims whose end has been noticed in this transaction. */
export function glassesEnded(world: World): ReadonlySet<string> {
  const gone = world.facts.difference().deleted.filter((fact) => isOver(fact, world.now));
  return new Set(gone.map(({ userId, name }) => `${userId} ${name}`));
}
