import { isIP, isIPv4 } from "node:net";
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

const PROXIES =
  "How many proxies (0 to 10) is expected, or their addresses and networks separated by commas, such as 10.0.0.0/8 or loopback.";

/** As Express takes it: what it cannot read, it would refuse only when the server starts. */
export function proxies(): z.ZodUnion<[z.ZodInt, z.ZodString]> {
  const addresses = text().refine(
    (list) => list.split(",").every((one) => isProxyAddress(one.trim())),
    PROXIES,
  );
  return z.union([wholeNumber(0, 10), addresses], { error: PROXIES });
}

const NAMED_NETWORKS: ReadonlySet<string> = new Set(["loopback", "linklocal", "uniquelocal"]);

function isProxyAddress(text: string): boolean {
  if (NAMED_NETWORKS.has(text)) return true;
  const [address = "", range, ...others] = text.split("/");
  const version = isIP(address);
  if (version === 0 || others.length > 0) return false;
  return range === undefined || isRange(range, version);
}

/** The bits that count, or for IPv4 a mask such as 255.0.0.0. */
function isRange(range: string, version: number): boolean {
  if (version === 4 && isIPv4(range)) return true;
  const bits = /^\d{1,3}$/.test(range) ? Number(range) : 0;
  return bits >= 1 && bits <= (version === 4 ? 32 : 128);
}
