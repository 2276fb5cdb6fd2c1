import type { Check, SignInReport } from "../domain/signIn/signInReport.js";
import { escapeHtml, page } from "./pages.js";
import { ENGLISH_WORDS } from "./words.js";

/** The result of a practice sign-in, for whoever opened its one-time address. */

const TITLES: Readonly<Record<string, string>> = {
  message: "Message",
  response: "Response and status",
  algorithm: "Algorithms of the signatures",
  signed: "What must be signed",
  encryption: "Encryption",
  signature: "Signature",
  version: "Version",
  issuer: "Issuer",
  destination: "Destination",
  age: "Time of issue",
  nameId: "NameID",
  confirmation: "Subject confirmation",
  recipient: "Recipient",
  request: "Answer to our request",
  times: "Validity",
  audience: "Audience",
  authentication: "How and when the person signed in",
  library: "Second opinion of the SAML library",
  claims: "User name",
  account: "Account",
};

const STATES = { passed: "passed", failed: "FAILED", notChecked: "not checked" } as const;

export function testPage(connection: string, report: SignInReport): string {
  const verdict = report.wouldSignIn
    ? "This sign-in would have worked."
    : "This sign-in would have been refused.";
  // For an administrator, in the language of the manual.
  return page(
    ENGLISH_WORDS,
    "Practice sign-in",
    `<h1>Practice sign-in at ${escapeHtml(connection)}</h1>
    <p>${verdict} Nobody was signed in, and nothing was changed.</p>
    <dl>${report.checks.map(checkLines).join("")}</dl>
    ${personLines(report)}`,
  );
}

function checkLines({ name, state, reason, sentence, expected, found }: Check): string {
  const lines = [
    ...(sentence === undefined ? [] : [escapeHtml(sentence)]),
    ...(expected === undefined ? [] : [`Expected: <code>${escapeHtml(expected)}</code>`]),
    ...(found === undefined ? [] : [`Found: <code>${escapeHtml(found)}</code>`]),
  ];
  const code = reason === undefined ? "" : ` (${escapeHtml(reason)})`;
  const details = lines.map((line) => `<dd>${line}</dd>`).join("");
  return `<dt>${escapeHtml(TITLES[name] ?? name)}: ${STATES[state]}${code}</dt>${details}`;
}

function personLines({ person, seats }: SignInReport): string {
  if (person === null) return "";
  const facts: readonly (readonly [string, string])[] = [
    ["NameID", person.nameId],
    ["User name", person.userName],
    ["Display name", person.displayName ?? "none"],
    ["E-mail", person.email ?? "none"],
    ["Groups", person.groups?.join(", ") ?? "the assertion says nothing about groups"],
    ["Attributes that came", person.attributes.join(", ") || "none"],
    ...seats.map(({ product, state, tier, reason }): readonly [string, string] => [
      `Seat of ${product}`,
      [state, tier, reason].filter((part) => part !== null).join(", "),
    ]),
  ];
  const lines = facts.map(
    ([title, value]) => `<dt>${escapeHtml(title)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  return `<h2>Who it would have been</h2><dl>${lines.join("")}</dl>`;
}
