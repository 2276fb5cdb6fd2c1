import { refuse } from "./reasons.js";
import { attributeOf, type XmlElement } from "./xml.js";

/** SAML core §1.3.3: times are UTC. Fractions beyond a millisecond are cut off. */
const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/** How long after its issue an assertion may be used. */
export const ASSERTION_AGE_MS_MAX = 10 * 60_000;

const SKEW_SECONDS_MIN = 60;
const SKEW_SECONDS_MAX = 120;

interface Skewed {
  readonly clockSkewSeconds?: number;
}

export function clockSkewMs({ clockSkewSeconds = SKEW_SECONDS_MIN }: Skewed): number {
  return Math.min(SKEW_SECONDS_MAX, Math.max(SKEW_SECONDS_MIN, clockSkewSeconds)) * 1000;
}

/** Whether a NotOnOrAfter lies behind us, even with the clocks as far apart as we allow. */
export function isPastEnd(notOnOrAfter: number, skewed: Skewed, now: number): boolean {
  return now >= notOnOrAfter + clockSkewMs(skewed);
}

export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, seconds = "", fraction = ""] = match;
  const instant = Date.parse(`${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}Z`);
  // Date.parse accepts the 31st of every month and hour 24, and counts on from there.
  if (Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(seconds)) {
    return undefined;
  }
  return instant;
}

export function optionalInstantOf(element: XmlElement, attribute: string): number | undefined {
  const text = attributeOf(element, attribute);
  if (text === undefined) return undefined;
  return parseInstant(text) ?? refuse("TimestampMalformed", attribute);
}

export function instantOf(element: XmlElement, attribute: string): number {
  return optionalInstantOf(element, attribute) ?? refuse("TimestampMalformed", attribute);
}
