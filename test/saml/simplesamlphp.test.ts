import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { SamlSettings } from "../../src/domain/directory.js";
import { createAuthnRequest } from "../../src/saml/authnRequest.js";
import { readIdentityProvider } from "../../src/saml/metadata.js";
import { receiveResponse, trustOf } from "../../src/saml/receive.js";
import type { ServiceProvider } from "../../src/saml/serviceProvider.js";
import { createVerifier, type Verifier } from "../../src/saml/verify.js";
import { describeWhen } from "../support/notRun.js";
import { createTestIdp, encode } from "../support/samlIdp.js";
import {
  ScriptedBrowser,
  simpleSamlMissing,
  startSimpleSamlIdp,
  type PostedResponse,
  type SimpleSamlIdp,
} from "../support/simplesamlphp.js";
import { WRAPPINGS } from "./wrapping.js";

/** The whole stage against a real identity provider: what it sends is accepted, and nothing made from it is. */
const missing = simpleSamlMissing();

const SETUPS = [
  { name: "both", signResponse: true, signAssertion: true },
  { name: "assertion", signResponse: false, signAssertion: true },
  { name: "response", signResponse: true, signAssertion: false },
] as const;

type Change = Partial<SamlSettings>;

describeWhen(missing === undefined, `sign-in with SimpleSAMLphp: ${missing ?? ""}`)(
  "a sign-in at SimpleSAMLphp",
  () => {
    let verifier: Verifier;
    const idps = new Map<string, SimpleSamlIdp>();
    const settings = new Map<string, SamlSettings>();
    const providers = new Map<string, ServiceProvider>();

    beforeAll(async () => {
      verifier = createVerifier();
      for (const name of ["plain", "encrypted"]) {
        providers.set(name, await createServiceProvider(name));
      }
      await Promise.all(SETUPS.map(start));
    });

    afterAll(async () => {
      await Promise.all([...idps.values()].map((idp) => idp.close()));
      await verifier.close();
    });

    async function start(setup: (typeof SETUPS)[number]): Promise<void> {
      const serviceProviders = [...providers].map(([name, provider]) => ({
        ...provider,
        certificate: provider.certificates[0] ?? "",
        encrypt: name === "encrypted",
      }));
      const idp = await startSimpleSamlIdp({ ...setup, serviceProviders });
      if (idp === undefined) return;
      idps.set(setup.name, idp);
      const reading = { now: Date.now(), allowLoopback: true };
      const { entityId, ssoUrl, certificates } = readIdentityProvider(
        await idp.metadata(),
        reading,
      );
      settings.set(setup.name, {
        ...{ idpEntityId: entityId, ssoUrl, certificates, justInTime: "refuse", nameIdFormats: [] },
        ...{ requireSignedResponse: false, allowCbc: false },
      });
    }

    function known<T>(map: ReadonlyMap<string, T>, name: string): T {
      const found = map.get(name);
      if (found === undefined) throw new Error(`no ${name}`);
      return found;
    }

    async function signIn(idp: string, provider: string): Promise<PostedResponse> {
      const plan = { requestId: `_request${idp}`, relayState: "opaque-state" };
      const { url } = await createAuthnRequest(
        known(settings, idp),
        known(providers, provider),
        plan,
      );
      return await new ScriptedBrowser().signIn(url, "alice");
    }

    async function judge(encoded: string, idp: string, provider: string, change: Change = {}) {
      const trust = trustOf({ ...known(settings, idp), ...change }, known(providers, provider));
      return await receiveResponse(encoded, trust, verifier, Date.now());
    }

    it.each<[idp: string, provider: string, change: Change]>([
      ["both", "plain", {}],
      ["both", "plain", { requireSignedResponse: true }],
      ["assertion", "plain", {}],
      ["both", "encrypted", { allowCbc: true }],
    ])("is accepted: signed %s, %s, %j", async (idp, provider, change) => {
      const posted = await signIn(idp, provider);
      const outcome = await judge(posted.SAMLResponse, idp, provider, change);

      const { acsUrl } = known(providers, provider);
      expect(posted).toMatchObject({ action: acsUrl, RelayState: "opaque-state" });
      expect(outcome).toMatchObject({
        ok: true,
        value: {
          inResponseTo: `_request${idp}`,
          issuer: known(idps, idp).entityId,
          profile: {
            nameId: "alice",
            nameIdFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            attributes: new Map([
              ["uid", ["alice"]],
              ["mail", ["alice@example.com"]],
              ["givenName", ["Alice"]],
              ["sn", ["Archer"]],
              ["groups", ["engineering", "admins"]],
            ]),
          },
        },
      });
    });

    it.each<[idp: string, provider: string, change: Change, reason: string]>([
      ["response", "plain", {}, "AssertionNotSigned"],
      ["assertion", "plain", { requireSignedResponse: true }, "ResponseNotSigned"],
      ["both", "encrypted", {}, "EncryptionAlgorithm"],
      ["assertion", "encrypted", { allowCbc: true }, "EncryptionNotAuthenticated"],
      ["both", "plain", { idpEntityId: "https://other.example.com" }, "IssuerMismatch"],
    ])("is refused: signed %s, %s, %j -> %s", async (idp, provider, change, reason) => {
      const posted = await signIn(idp, provider);

      expect(await judge(posted.SAMLResponse, idp, provider, change)).toMatchObject({
        ok: false,
        reason,
      });
    });

    it("N-90, N-91 is refused at another connection, with other keys or with the same", async () => {
      const { SAMLResponse } = await signIn("both", "plain");

      expect(await judge(SAMLResponse, "assertion", "plain")).toMatchObject({
        reason: "SignatureInvalid",
      });
      expect(await judge(SAMLResponse, "both", "encrypted")).toMatchObject({
        reason: "DestinationMismatch",
      });
    });

    it("N-79 is refused when it began at the provider", async () => {
      const url = known(idps, "both").unsolicitedUrl(known(providers, "plain").entityId);
      const { SAMLResponse } = await new ScriptedBrowser().signIn(url, "alice");

      expect(await judge(SAMLResponse, "both", "plain")).toMatchObject({
        reason: "InResponseToMissing",
      });
    });

    it("is refused by the provider when our request is not signed", async () => {
      const { ssoUrl } = known(settings, "both");
      const signed = new URL(
        (
          await createAuthnRequest(known(settings, "both"), known(providers, "plain"), {
            requestId: "_x",
            relayState: "s",
          })
        ).url,
      );
      const unsigned = `${ssoUrl}?SAMLRequest=${encodeURIComponent(signed.searchParams.get("SAMLRequest") ?? "")}`;

      await expect(new ScriptedBrowser().signIn(unsigned, "alice")).rejects.toThrow(
        "no SAMLResponse",
      );
    });

    it.each(["both", "assertion"])(
      "is refused when anything was wrapped around it: signed %s",
      async (idp) => {
        const { SAMLResponse } = await signIn(idp, "plain");
        const genuine = Buffer.from(SAMLResponse, "base64").toString();

        for (const [title, wrap] of WRAPPINGS) {
          const attack = wrap(genuine);
          const outcome = await judge(encode(attack), idp, "plain");
          expect({ title, changed: attack !== genuine, accepted: outcome.ok }).toEqual({
            title,
            changed: true,
            accepted: false,
          });
        }
      },
    );
  },
);

async function createServiceProvider(name: string): Promise<ServiceProvider> {
  const { privateKey, certificate } = await createTestIdp();
  const base = `https://sp.example.com/saml/${name}`;
  const addresses = { entityId: `${base}/metadata`, acsUrl: `${base}/acs` };
  return { ...addresses, privateKey, certificates: [certificate] };
}
