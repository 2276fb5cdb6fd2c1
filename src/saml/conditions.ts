import type { Expectation } from "./expectation.js";
import { clockSkewMs, instantOf, isPastEnd } from "./instants.js";
import { refuse } from "./reasons.js";
import { attributeOf, childNamed, childrenNamed, type XmlElement } from "./xml.js";

/** When and for whom the assertion is valid (SAML core §2.5.1). Returns its NotOnOrAfter. */
export function checkConditions(
  assertion: XmlElement,
  expectation: Expectation,
  now: number,
): number {
  const notOnOrAfter = checkValidity(assertion, expectation, now);
  checkAudience(assertion, expectation);
  return notOnOrAfter;
}

export function checkValidity(
  assertion: XmlElement,
  expectation: Expectation,
  now: number,
): number {
  const conditions = conditionsOf(assertion);
  for (const attribute of ["NotBefore", "NotOnOrAfter"]) {
    if (attributeOf(conditions, attribute) === undefined) {
      refuse("ConditionsTimesMissing", attribute);
    }
  }
  if (now < instantOf(conditions, "NotBefore") - clockSkewMs(expectation)) {
    refuse("ConditionsNotYetValid");
  }
  const notOnOrAfter = instantOf(conditions, "NotOnOrAfter");
  if (isPastEnd(notOnOrAfter, expectation, now)) refuse("ConditionsExpired");
  return notOnOrAfter;
}

/** Every restriction must name us; within one, any audience may (SAML core §2.5.1.4). */
export function checkAudience(assertion: XmlElement, expectation: Expectation): void {
  const restrictions = childrenNamed(conditionsOf(assertion), "assertion", "AudienceRestriction");
  if (restrictions.length === 0) refuse("AudienceMissing");
  for (const restriction of restrictions) {
    const audiences = childrenNamed(restriction, "assertion", "Audience");
    if (audiences.length === 0) refuse("AudienceMissing");
    if (!audiences.some(({ text }) => text === expectation.spEntityId)) refuse("AudienceMismatch");
  }
}

function conditionsOf(assertion: XmlElement): XmlElement {
  return childNamed(assertion, "assertion", "Conditions") ?? refuse("ConditionsMissing");
}
