import { SAML, ValidateInResponseTo } from "@node-saml/node-saml";

/**
 * What node-saml alone does: both signatures, audience and times, in one thread, with one object for all responses. No request is
 * remembered, nobody is looked up, and no session is opened.
 *
 * @param {{ base: string, certificate: string }} connection
 * @returns {(encoded: string) => Promise<void>}
 */
export function bareValidation({ base, certificate }) {
  const saml = new SAML({
    issuer: `${base}/metadata`,
    audience: `${base}/metadata`,
    callbackUrl: `${base}/acs`,
    idpCert: [certificate],
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: 60_000,
  });
  return async (encoded) => {
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: encoded });
    if (!profile?.nameID) throw new Error("node-saml has found nobody");
  };
}
