import type { AcceptedAssertion } from "../../src/saml/profile.js";
import type { Outcome } from "../../src/saml/reasons.js";
import { receiveResponse, type Trust } from "../../src/saml/receive.js";
import { createVerifier, type Verifier } from "../../src/saml/verify.js";
import {
  createTestIdp,
  encode,
  genuineFields,
  responseXml,
  signResponse,
  type Fields,
  type Signing,
  type SigningMode,
  type TestIdp,
} from "../support/samlIdp.js";

/** One connection with a pinned provider, a stranger's keys, and a fixed time. */
export const NOW = Date.parse("2026-06-01T12:00:00.000Z");

export const PROVIDER = {
  entityId: "https://sp.example.com/saml/c1/metadata",
  acsUrl: "https://sp.example.com/saml/c1/acs",
};

export interface World {
  readonly idp: TestIdp;
  readonly stranger: TestIdp;
  /** Our own keys, to which assertions are encrypted. */
  readonly own: TestIdp;
  readonly trust: Trust;
  readonly verifier: Verifier;
  /** A signed response with these differences from a genuine one. */
  respond(mode: SigningMode, change?: Partial<Fields>, signing?: Partial<Signing>): string;
  /** What the pipeline says to this document. */
  judge(xml: string, change?: Partial<Trust>, now?: number): Promise<Outcome<AcceptedAssertion>>;
}

export async function createWorld(): Promise<World> {
  const [idp, stranger, own] = await Promise.all([
    createTestIdp(),
    createTestIdp("https://stranger.example.com"),
    createTestIdp(),
  ]);
  const verifier = createVerifier();
  const trust: Trust = {
    idpEntityId: idp.entityId,
    spEntityId: PROVIDER.entityId,
    acsUrl: PROVIDER.acsUrl,
    nameIdFormats: [],
    certificates: [idp.certificate],
    requireSignedResponse: false,
    allowCbc: false,
    decryptionKey: own.privateKey,
  };
  const genuine = genuineFields(idp, PROVIDER, NOW);
  return {
    idp,
    stranger,
    own,
    trust,
    verifier,
    respond: (mode, change, signing) =>
      signResponse(responseXml({ ...genuine, ...change }), { ...idp, ...signing }, mode),
    judge: (xml, change, now = NOW) =>
      receiveResponse(encode(xml), { ...trust, ...change }, verifier, now),
  };
}
