import { loadOrCreateKey } from "../../../src/practice/saml/keys.js";
import { signedResponse } from "../../../src/practice/saml/response.js";
import { memoryStorage } from "../../practice/support/memoryStorage.js";
import {
  createTestIdp,
  encryptedXml,
  genuineFields,
  responseXml,
  signElement,
  signResponse,
  type Signing,
  type TestIdp,
} from "../../support/samlIdp.js";
import { partsOf, withoutSignatures, type Edit } from "./edits.js";

/** The ways in which a response can be signed. "encrypted": a signed assertion that was encrypted to our key. */
export const MODES = ["assertion", "response", "both", "encrypted"] as const;
export type Mode = (typeof MODES)[number];

export interface Asked {
  readonly acsUrl: string;
  readonly spEntityId: string;
  readonly requestId: string;
  /** PEM of our certificate, to which anybody can encrypt. */
  readonly spCertificate: string;
  readonly now: number;
}

/** A provider whose key a test has. Its responses are about alice, in the groups engineering and admins. */
export interface OwnProvider {
  readonly idp: TestIdp;
  unsigned(asked: Asked): string;
}

/** Our scripted provider, and the practice provider with its own code. */
export async function ownProviders(
  now: number,
): Promise<Record<"scripted" | "practice", OwnProvider>> {
  const [idp, made] = await Promise.all([createTestIdp(), loadOrCreateKey(memoryStorage(), now)]);
  const key = { ...made, certificate: `${made.certificate.replace(/\r/g, "").trim()}\n` };
  const practiceId = "https://practice.example/idp";
  let count = 0;
  return {
    scripted: { idp, unsigned: (asked) => scripted(idp, asked, String((count += 1))) },
    practice: {
      idp: { ...key, entityId: practiceId },
      unsigned: ({ acsUrl, spEntityId, requestId, now: at }) =>
        withoutSignatures(
          signedResponse(
            {
              ...{ idpEntityId: practiceId, spEntityId, acsUrl, inResponseTo: requestId },
              ...{ nameId: "alice", now: at, newId: () => `_practice${String((count += 1))}` },
              attributes: [
                { name: "mail", values: ["alice@example.com"] },
                { name: "groups", values: ["engineering", "admins"] },
              ],
            },
            key,
          ),
        ),
    },
  };
}

function scripted(idp: TestIdp, asked: Asked, id: string): string {
  const { acsUrl, spEntityId, requestId, now } = asked;
  return responseXml({
    ...genuineFields(idp, { acsUrl, entityId: spEntityId }, now),
    ...{ responseId: `_response${id}`, assertionId: `_assertion${id}` },
    ...{ inResponseTo: requestId, confirmationInResponseTo: requestId },
  });
}

/** Signed by this key in this way. With a signed Response around it, where `mode` is "encrypted" and this is asked for. */
export function signed(
  xml: string,
  mode: Mode,
  signing: Signing,
  { spCertificate, signsEncrypted = false }: { spCertificate: string; signsEncrypted?: boolean },
): string {
  if (mode !== "encrypted") return signResponse(xml, signing, mode);
  const encrypted = encrypt(signResponse(xml, signing, "assertion"), spCertificate);
  // There is no assertion left that a second reference could mean.
  const { alsoSigns: _, ...outer } = signing;
  return signsEncrypted ? signElement(encrypted, "/*", outer) : encrypted;
}

/** What an attacker does to it, in that way of signing: an encrypted assertion is changed and encrypted once more. */
export function attacked(genuine: string, mode: Mode, edit: Edit, spCertificate: string): string {
  const changed = edit(genuine);
  return mode === "encrypted" ? encrypt(changed, spCertificate) : changed;
}

/**
 * Puts all that is between the first begin and the last end of an assertion into an EncryptedAssertion. Its prefix is
 * declared there, as it stands alone afterwards; canonicalisation does that anyway.
 */
export function encrypt(xml: string, certificate: string): string {
  const { before, assertion, after } = partsOf(xml);
  if (assertion === "") return xml;
  const alone = assertion.replace(/^<saml:Assertion(?![^>]*xmlns:saml=)/, `$& ${DECLARATION}`);
  return before + encryptedXml(alone, { certificate }) + after;
}

const DECLARATION = `xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`;
