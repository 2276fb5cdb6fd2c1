import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { AcceptedAssertion } from "../../src/saml/profile.js";
import type { Outcome } from "../../src/saml/reasons.js";
import { receiveResponse } from "../../src/saml/receive.js";
import { runVerification, verify } from "../../src/saml/verification.js";
import type { Verifier } from "../../src/saml/verify.js";
import { encode } from "../support/samlIdp.js";
import { encrypt } from "./attacks/bases.js";
import { createWorld, NOW, type World } from "./world.js";

/**
 * Whatever is done to a genuine response: it is refused, or it means exactly what was signed. Bytes, pieces of
 * markup, whole elements moved and doubled, and pieces that attacks are made of. SEATKEEPER_SAML_FUZZ=100000 is the long
 * run.
 */
const RUNS = Number(process.env["SEATKEEPER_SAML_FUZZ"] ?? 20_000);
const SEED = Number(process.env["SEATKEEPER_TEST_SEED"] ?? Date.now() & 0x7fffffff);

let world: World;
/** In this thread: no mutation may reach the verifier that would block it for long. */
const here: Verifier = { verify: runVerification, close: () => Promise.resolve() };
/** Without the look before them, so that the libraries see what they would not get to see. */
const libraries: Verifier = { verify, close: () => Promise.resolve() };

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.verifier.close();
});

const PIECES = [
  ...["<", ">", "&", '"', "'", "/", "=", "#", " ", "\n", "\u0000", "\ufeff"],
  "alice",
  "mallory",
  "<!---->",
  "<?x?>",
  "<![CDATA[x]]>",
  "&#x61;",
  "&amp;",
  "&x;",
  ` ID="_assertion1"`,
  ` xmlns="urn:x"`,
  ` xmlns:saml="urn:x"`,
  ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`,
  "<saml:NameID>mallory</saml:NameID>",
  "<saml:Audience>x</saml:Audience>",
  "<saml:AttributeValue>owners</saml:AttributeValue>",
  `<saml:Assertion ID="_evil"/>`,
  ` id="_evil"`,
  ` xml:id="_evil"`,
  ` samlp:ID="_evil"`,
  ` Algorithm="urn:x"`,
  ` Recipient="urn:x"`,
  "<saml:EncryptedID/>",
  "&#0;",
  "<samlp:Extensions/>",
  "<ds:Object/>",
  "<ds:SignedInfo/>",
  "</saml:Assertion>",
  "</ds:Signature>",
];

type Edit = (xml: string) => string;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (xml: string, where: number) => Math.floor(where * xml.length);

const insert = fc.tuple(place, fc.constantFrom(...PIECES)).map(
  ([where, piece]): Edit =>
    (xml) =>
      xml.slice(0, at(xml, where)) + piece + xml.slice(at(xml, where)),
);

/** At the border of a tag, where it is more often well-formed. */
const insertAtTag = fc
  .tuple(place, fc.constantFrom(...PIECES), fc.constantFrom("<", ">", " "))
  .map(([where, piece, border]): Edit => (xml) => {
    const index = xml.indexOf(border, at(xml, where)) + (border === ">" ? 1 : 0);
    return xml.slice(0, index) + piece + xml.slice(index);
  });

const remove = fc.tuple(place, fc.integer({ min: 1, max: 400 })).map(
  ([where, length]): Edit =>
    (xml) =>
      xml.slice(0, at(xml, where)) + xml.slice(at(xml, where) + length),
);

const overwrite = fc
  .tuple(place, fc.integer({ min: 0x20, max: 0x7e }))
  .map(([where, code]): Edit => (xml) => {
    const index = at(xml, where);
    return xml.slice(0, index) + String.fromCharCode(code) + xml.slice(index + 1);
  });

/** One of the elements of the document, whole. */
function elementAt(xml: string, where: number): [start: number, end: number] {
  const start = xml.indexOf("<saml", at(xml, where));
  const name = /^<([\w:]+)/.exec(xml.slice(start))?.[1] ?? "";
  const end = xml.indexOf(`</${name}>`, start);
  return start === -1 || end === -1 ? [0, 0] : [start, end + name.length + 3];
}

const copyElement = fc.tuple(place, place).map(([from, to]): Edit => (xml) => {
  const [start, end] = elementAt(xml, from);
  const target = xml.indexOf("<", at(xml, to));
  return xml.slice(0, target) + xml.slice(start, end) + xml.slice(target);
});

const moveElement = fc.tuple(place, place).map(([from, to]): Edit => (xml) => {
  const [start, end] = elementAt(xml, from);
  const rest = xml.slice(0, start) + xml.slice(end);
  const target = rest.indexOf("<", at(rest, to));
  return rest.slice(0, target) + xml.slice(start, end) + rest.slice(target);
});

const replaceWord = fc
  .constantFrom(
    ["alice", "mallory"],
    ["admins", "owners"],
    ["_request1", "_request2"],
    ["_assertion1", "_evil"],
    ["_response1", "_evil"],
    ["saml:", "x:"],
    [">alice<", ">mallory</saml:NameID><saml:NameID>alice<"],
    [`Name="mail"`, `Name="groups"`],
  )
  .map(
    ([from, to]): Edit =>
      (xml) =>
        xml.replace(from, to),
  );

const edit = fc.oneof(
  insert,
  insertAtTag,
  remove,
  overwrite,
  copyElement,
  moveElement,
  replaceWord,
);

interface Sort {
  readonly title: string;
  /** Of all runs. */
  readonly share: number;
  readonly genuine: () => string;
  readonly sealed: (xml: string) => string;
  readonly verifier: Verifier;
}

/** As small as it gets: a certificate that nobody reads would be a third of it. */
const small = (mode: "assertion" | "both") =>
  world.respond(mode, { attributes: [["groups", "admins"]] }, { keyInfo: false });
const as = (xml: string) => xml;
const large = [...Array(10).keys()].map(
  (index) => [`attribute${String(index)}`, "value", "admins"] as const,
);

// prettier-ignore
const SORTS: readonly Sort[] = [
  { title: "with the assertion signed",            share: 0.45, genuine: () => small("assertion"),                 sealed: as,   verifier: here },
  { title: "with both signed",                     share: 0.42, genuine: () => small("both"),                      sealed: as,   verifier: here },
  { title: "with many attributes",                 share: 0.03, genuine: () => world.respond("both", { attributes: large }),      sealed: as,   verifier: here },
  { title: "that is encrypted once more",          share: 0.06, genuine: () => small("assertion"),                 sealed: (xml) => encrypt(xml, world.own.certificate), verifier: here },
  { title: "before the libraries alone",           share: 0.04, genuine: () => small("both"),                      sealed: as,   verifier: libraries },
];

describe("a mutated response", () => {
  let rest = RUNS;
  it.each(SORTS)(
    "$title is refused or means what was signed",
    async (sort) => {
      const { share, sealed, verifier, title } = sort;
      const runs = Math.min(rest, Math.ceil(RUNS * share));
      rest -= runs;
      const genuine = sort.genuine();
      const judge = (xml: string, by = verifier): Promise<Outcome<AcceptedAssertion>> =>
        receiveResponse(encode(sealed(xml)), world.trust, by, NOW);
      const original = await judge(genuine);
      const signed = original.ok ? original.value : undefined;
      expect(signed).toBeDefined();
      const begun = process.cpuUsage();
      let looks = 0;

      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
          const mutated = edits.reduce((xml, change) => change(xml), genuine);
          // Another is made in the place of what nothing was done to.
          fc.pre(mutated !== genuine);
          const outcome = await judge(mutated);
          // The comparison of whole values is costly, and nearly all are refused.
          if (outcome.ok) expect(outcome.value).toEqual(signed);
          // The look before the libraries must not refuse what they accept.
          else if (outcome.reason === "SignatureInvalid" && (looks += 1) % 100 === 0) {
            expect((await judge(mutated, libraries)).ok).toBe(false);
          }
        }),
        { numRuns: runs, seed: SEED },
      );

      const { user, system } = process.cpuUsage(begun);
      const seconds = ((user + system) / 1e6).toFixed(1);
      process.stdout.write(
        `fuzz: ${title}, seed ${SEED}, ${runs} runs, ${seconds} s of computing\n`,
      );
    },
    7_200_000,
  );

  /** What a random run may or may not hit: each of the stages is reached, and what is harmless is accepted. */
  // prettier-ignore
  it.each([
    ["nothing",                          (xml: string) => xml,                                                            "accepted"],
    ["the first certificate left out",         (xml: string) => xml.replace(/<ds:KeyInfo>.*?<\/ds:KeyInfo>/s, ""),             "accepted"],
    ["a blank in a tag",                 (xml: string) => xml.replace("<saml:Subject>", "<saml:Subject >"),               "accepted"],
    ["a piece cut off",                  (xml: string) => xml.slice(0, -10),                                              "NotWellFormed"],
    ["a NameID twice",                   (xml: string) => xml.replace(/<saml:NameID.*?<\/saml:NameID>/s, (one) => one + one), "UnexpectedElement"],
    ["another name",                     (xml: string) => xml.replace(">alice<", ">mallory<"),                            "SignatureInvalid"],
  ])("with %s ends at its stage", async (_, change, reason) => {
    for (const verifier of [here, libraries]) {
      const xml = change(world.respond("both"));
      const outcome = await receiveResponse(encode(xml), world.trust, verifier, NOW);
      expect(outcome.ok ? "accepted" : outcome.reason).toBe(reason);
    }
  });
});
