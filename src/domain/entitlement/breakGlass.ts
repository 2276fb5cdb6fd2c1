import type { JsonObject, JsonValue } from "../../plugin.js";
import type { Fact, Timestamp } from "../directory.js";
import type { BreakGlass } from "../emergency/glass.js";

/** What a break-glass claim says, as it stands beside the fact that is given by hand (docs/adr/0044-break-glass.md). */
export interface GlassTerms {
  /** At least this tier; null: whatever is needed otherwise. */
  readonly tier: string | null;
  /** In words. */
  readonly reason: string;
  readonly until: Timestamp;
}

/** As a fact has it: the end is part of what is given, so that another end is another fact. */
export function glassValue({ tier, reason, until }: GlassTerms): JsonObject {
  return { until, reason, ...(tier === null ? {} : { tier }) };
}

export function termsOf(value: JsonValue): GlassTerms {
  const { tier, reason, until } = (value ?? {}) as Partial<Record<keyof GlassTerms, JsonValue>>;
  return {
    tier: typeof tier === "string" ? tier : null,
    reason: typeof reason === "string" ? reason : "",
    until: typeof until === "number" ? until : 0,
  };
}

export function isGlass({ kind }: Pick<Fact, "kind">): boolean {
  return kind === "breakGlass";
}

/** Of no force any more, whether or not anybody has written that down. */
export function isOver(fact: Pick<Fact, "kind" | "value">, now: Timestamp): boolean {
  return isGlass(fact) && termsOf(fact.value).until <= now;
}

/** The break-glass claim to a product; a hand gives one at a time. */
export function glassFor(facts: readonly Fact[], product: string): Fact | undefined {
  return facts.find((fact) => isGlass(fact) && fact.name === product);
}

/** As the requirement has it. @param exclusions the chains of those that it beats */
export function inRequirement(fact: Fact, exclusions: readonly (readonly string[])[]): BreakGlass {
  const { source, value } = fact;
  const { reason, until } = termsOf(value);
  const sorted = [...exclusions].sort((a, b) => (a.join(" ") < b.join(" ") ? -1 : 1));
  return { until, by: source.type === "hand" ? source.by : "", reason, despite: sorted };
}
