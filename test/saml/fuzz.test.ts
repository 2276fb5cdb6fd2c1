import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { receiveResponse } from "../../src/saml/receive.js";
import { runVerification } from "../../src/saml/verification.js";
import type { Verifier } from "../../src/saml/verify.js";
import { encode } from "../support/samlIdp.js";
import { createWorld, NOW, type World } from "./world.js";

/**
 * Whatever is done to a genuine response: it is refused, or it means exactly what was signed. Bytes, pieces of
 * markup, whole elements moved and doubled, and pieces that attacks are made of. SEATKEEPER_SAML_FUZZ=100000 is the long
 * run, half of them of each sort.
 */
const RUNS = Math.ceil(Number(process.env["SEATKEEPER_SAML_FUZZ"] ?? 3_000) / 2);
const SEED = Number(process.env["SEATKEEPER_TEST_SEED"] ?? Date.now() & 0x7fffffff);

let world: World;
/** In this thread: no mutation may reach the verifier that would block it for long. */
const here: Verifier = { verify: runVerification, close: () => Promise.resolve() };

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

describe("a mutated response", () => {
  it.each(["assertion", "both"] as const)(
    "signed %s is refused or means what was signed",
    async (mode) => {
      const genuine = world.respond(mode);
      const judge = (xml: string) => receiveResponse(encode(xml), world.trust, here, NOW);
      const original = await judge(genuine);
      const seen = { accepted: 0, refused: new Set<string>() };

      process.stdout.write(`fuzz: signed ${mode}, seed ${SEED}, ${RUNS} runs\n`);
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
          const mutated = edits.reduce((xml, change) => change(xml), genuine);
          const outcome = await judge(mutated);
          if (outcome.ok) {
            seen.accepted += 1;
            expect(outcome.value).toEqual(original.ok ? original.value : undefined);
          } else {
            seen.refused.add(outcome.reason);
          }
        }),
        { numRuns: RUNS, seed: SEED },
      );

      // The mutations reach every stage, and some are harmless: otherwise this would prove nothing.
      expect(original.ok).toBe(true);
      expect(seen.accepted).toBeGreaterThan(0);
      expect([...seen.refused]).toEqual(
        expect.arrayContaining(["NotWellFormed", "UnexpectedElement", "SignatureInvalid"]),
      );
    },
    7_200_000,
  );
});
