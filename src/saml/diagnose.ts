import type { Check } from "../domain/signIn/signInReport.js";
import { checkAudience, checkValidity } from "./conditions.js";
import { ADVICE, checkOf, HANDLING_CHECKS, type CheckName } from "./diagnoseWords.js";
import { instantOf } from "./instants.js";
import {
  checkAge,
  checkDestination,
  checkIssuers,
  checkVersions,
  readAuthnStatement,
  readProfile,
  type AcceptedAssertion,
  type SignedDocument,
} from "./profile.js";
import { attempt, refuse, REASONS, type Outcome, type Refused } from "./reasons.js";
import { verifyResponse, type Trust } from "./receive.js";
import {
  checkRecipient,
  confirmationOf,
  readExpiry,
  readInResponseTo,
  readNameId,
} from "./subject.js";
import type { Verifier } from "./verify.js";
import { attributeOf, childNamed, walk, type XmlElement } from "./xml.js";

/**
 * A practice sign-in looks at everything that a real one looks at, by the same rules, but does not stop at the first
 * thing that is wrong: whoever sets up a connection gets the whole list at once. What was not signed is not looked into.
 */
export interface Diagnosis {
  readonly checks: readonly Check[];
  /** As far as the assertion can be read; it need not be acceptable. */
  readonly document: SignedDocument | null;
  /** When a real sign-in would have come as far as the question who it is. */
  readonly accepted: AcceptedAssertion | null;
}

export interface Question {
  readonly requestId: string;
  /** Set where the connection demands a fresh sign-in. */
  readonly authnNotBefore?: number;
}

export async function diagnose(
  encoded: unknown,
  trust: Trust,
  verifier: Verifier,
  { question, now }: { readonly question: Question; readonly now: number },
): Promise<Diagnosis> {
  const verified = await verifyResponse(encoded, trust, verifier);
  if (!verified.ok) {
    return { checks: [...handling(verified), ...notChecked()], document: null, accepted: null };
  }
  const { document, objection } = verified.value;
  const { authnNotBefore } = question;
  const expectation = authnNotBefore === undefined ? trust : { ...trust, authnNotBefore };
  const content = contentChecks(document, expectation, question, now);
  const profile = readProfile(document, expectation, now);
  const isAnswer = profile.ok && profile.value.inResponseTo === question.requestId;
  return {
    checks: [...handling(null), ...content, secondOpinion(objection, profile.ok)],
    document,
    accepted: isAnswer && objection === undefined ? profile.value : null,
  };
}

/** The library objects to the same things in words of its own; they say something new only where we found nothing. */
function secondOpinion(objection: string | undefined, areOthersPassed: boolean): Check {
  if (objection === undefined) return { name: "library", state: "passed" };
  if (!areOthersPassed) return { name: "library", state: "notChecked" };
  return failed("library", { ok: false, reason: "VerifierObjection", detail: objection });
}

/** The stages up to the signed bytes. They refuse as a whole, so one that fails says little about its neighbours. */
function handling(refused: Refused | null): Check[] {
  if (refused === null) return HANDLING_CHECKS.map((name) => ({ name, state: "passed" }));
  const at = checkOf(refused.reason);
  return HANDLING_CHECKS.map((name, index): Check => {
    if (name === at) return failed(name, refused);
    // Message and shape come before all that has to do with signatures; those know no order among themselves.
    const isBefore = index < 2 && index < HANDLING_CHECKS.indexOf(at);
    return { name, state: isBefore ? "passed" : "notChecked" };
  });
}

type Rule = readonly [
  name: CheckName,
  rule: () => unknown,
  told?: Pick<Check, "expected" | "found">,
];

function contentChecks(
  document: SignedDocument,
  trust: Trust,
  question: Question,
  now: number,
): Check[] {
  const { assertion, response } = document;
  const rules: readonly Rule[] = [
    ["version", () => checkVersions(response, assertion)],
    ["issuer", () => checkIssuers(document, trust), told(trust.idpEntityId, assertion, "Issuer")],
    [
      "destination",
      () => checkDestination(document, trust),
      compared(trust.acsUrl, attributeOf(response, "Destination")),
    ],
    ["age", () => checkAge(document, trust, now), times(response, ["IssueInstant"], now)],
    ["nameId", () => readNameId(assertion, trust), nameIdTold(assertion, trust)],
    ["confirmation", () => checkConfirmation(assertion, trust, now)],
    [
      "recipient",
      () => checkRecipient(confirmationOf(assertion), trust),
      compared(trust.acsUrl, attributeIn(assertion, "SubjectConfirmationData", "Recipient")),
    ],
    ["request", () => checkAnswer(assertion, trust, question)],
    [
      "times",
      () => checkValidity(assertion, trust, now),
      times(childNamed(assertion, "assertion", "Conditions"), ["NotBefore", "NotOnOrAfter"], now),
    ],
    [
      "audience",
      () => checkAudience(assertion, trust),
      told(trust.spEntityId, assertion, "Audience"),
    ],
    [
      "authentication",
      () => readAuthnStatement(assertion, trust, now),
      authnTold(assertion, trust, question),
    ],
  ];
  return rules.map(([name, rule, more]) => checked(name, attempt(rule), more));
}

function checkConfirmation(assertion: XmlElement, trust: Trust, now: number): void {
  readExpiry(confirmationOf(assertion), trust, instantOf(assertion, "IssueInstant"), now);
}

/** A practice sign-in always asks, so it must be answered. */
function checkAnswer(assertion: XmlElement, trust: Trust, { requestId }: Question): void {
  const strict = { ...trust, unsolicitedAllowed: false };
  const inResponseTo = readInResponseTo(confirmationOf(assertion), strict);
  if (inResponseTo !== requestId) refuse("InResponseToMismatch");
}

function checked(
  name: CheckName,
  outcome: Outcome<unknown>,
  more: Pick<Check, "expected" | "found"> = {},
): Check {
  return outcome.ok ? { name, state: "passed", ...more } : { ...failed(name, outcome), ...more };
}

function failed(name: CheckName, { reason, detail }: Refused): Check {
  const what = detail === undefined ? REASONS[reason] : `${REASONS[reason]} (${detail})`;
  return { name, state: "failed", reason, sentence: `${what} ${ADVICE[name]}`.trim() };
}

const CONTENT_CHECKS: readonly CheckName[] = [
  ...(["version", "issuer", "destination", "age", "nameId", "confirmation", "recipient"] as const),
  ...(["request", "times", "audience", "authentication", "library"] as const),
];

function notChecked(): Check[] {
  return CONTENT_CHECKS.map((name) => ({ name, state: "notChecked" }));
}

// What was expected and what came, beside the rule's own words.

const FOUND_LENGTH_MAX = 300;

function compared(expected: string, found: string | undefined): Pick<Check, "expected" | "found"> {
  return found === undefined ? { expected } : { expected, found: found.slice(0, FOUND_LENGTH_MAX) };
}

function told(expected: string, assertion: XmlElement, name: string) {
  const texts = [...walk(assertion)].filter((element) => element.name === name);
  return compared(
    expected,
    texts.length === 0 ? undefined : texts.map(({ text }) => text).join(", "),
  );
}

function times(element: XmlElement | undefined, names: readonly string[], now: number) {
  const found = names.map(
    (name) => `${name} ${(element && attributeOf(element, name)) ?? "missing"}`,
  );
  return { expected: `our clock: ${new Date(now).toISOString()}`, found: found.join(", ") };
}

function nameIdTold(assertion: XmlElement, { nameIdFormats }: Trust) {
  const format = attributeIn(assertion, "NameID", "Format") ?? "no format";
  return compared(
    nameIdFormats.length === 0
      ? "persistent, emailAddress or unspecified"
      : nameIdFormats.join(", "),
    format,
  );
}

function authnTold(
  assertion: XmlElement,
  { authnContexts = [] }: Trust,
  { authnNotBefore }: Question,
): Pick<Check, "expected" | "found"> {
  const method = [...walk(assertion)].find(({ name }) => name === "AuthnContextClassRef")?.text;
  const instant = attributeIn(assertion, "AuthnStatement", "AuthnInstant");
  const demands = [
    ...(authnContexts.length === 0 ? [] : [`one of ${authnContexts.join(", ")}`]),
    ...(authnNotBefore === undefined
      ? []
      : [`not before ${new Date(authnNotBefore).toISOString()}`]),
  ];
  return compared(
    demands.join("; ") || "any method",
    `${method ?? "no method"} at ${instant ?? "no time"}`,
  );
}

function attributeIn(root: XmlElement, name: string, attribute: string): string | undefined {
  const element = [...walk(root)].find((one) => one.name === name);
  return element && attributeOf(element, attribute);
}
