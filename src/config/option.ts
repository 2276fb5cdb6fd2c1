import { z } from "zod";

/** What an option is made of. */

/** What the manual says beside the schema itself. */
export interface OptionFacts {
  /** One sentence or two. */
  readonly about: string;
  /** Shown where there is no default: "required" or what happens without. */
  readonly without?: string;
  readonly example?: string;
  /** Never printed, not even in an error. */
  readonly secret?: boolean;
  /** A path: relative to the configuration file that names it, or to the working directory. */
  readonly path?: boolean;
}

export const facts = z.registry<OptionFacts>();

export function option<T extends z.ZodType>(schema: T, optionFacts: OptionFacts): T {
  facts.add(schema, optionFacts);
  return schema;
}

export function wholeNumber(min: number, max: number): z.ZodInt {
  return z
    .int("A whole number is expected.")
    .min(min, `At least ${String(min)} is expected.`)
    .max(max, `At most ${String(max)} is expected.`);
}

const TEXT_MAX = 4_096;

export function text(): z.ZodString {
  return z.string().min(1, "A text is expected.").max(TEXT_MAX, "The text is too long.");
}

export function path(): z.ZodString {
  return text().regex(/^\/(?!\/)[^\s\\]*$/, "A path that begins with one slash is expected.");
}
