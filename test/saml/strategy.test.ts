import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createVerify, X509Certificate } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import express, { type Express } from "express";
import { Passport } from "passport";
import request from "supertest";
import type { SamlSettings } from "../../src/domain/directory.js";
import { createAuthnRequest, newRequestId } from "../../src/saml/authnRequest.js";
import { METADATA_LIMITS, readXml } from "../../src/saml/guard.js";
import type { AcceptedAssertion } from "../../src/saml/profile.js";
import type { Refused } from "../../src/saml/reasons.js";
import {
  createSamlStrategy,
  type LoginPhase,
  type ResponsePhase,
  type SamlLink,
} from "../../src/saml/strategy.js";
import { attributeOf, walk } from "../../src/saml/xml.js";
import { encode } from "../support/samlIdp.js";
import { createWorld, NOW, PROVIDER, type World } from "./world.js";

/** Sign-in through passport: passport-saml makes the redirect, and never sees a response. */
let world: World;
let link: SamlLink;
let app: Express;

beforeAll(async () => {
  world = await createWorld();
  const settings: SamlSettings = {
    idpEntityId: world.idp.entityId,
    ssoUrl: "https://idp.example.com/sso?tenant=1",
    certificates: [world.idp.certificate],
    justInTime: "refuse",
    requireSignedResponse: false,
    nameIdFormats: [],
    allowCbc: false,
  };
  link = {
    settings,
    provider: {
      ...PROVIDER,
      privateKey: world.own.privateKey,
      certificates: [world.own.certificate],
    },
  };
  app = createApp();
});
afterAll(async () => {
  await world.verifier.close();
});

function createApp(): Express {
  const passport = new Passport();
  passport.use(createSamlStrategy({ verifier: world.verifier, now: () => NOW }));
  const login: LoginPhase = {
    samlPhase: "login",
    link,
    plan: { requestId: "_request1", relayState: "state" },
    session: false,
  };
  const response: ResponsePhase = { samlPhase: "response", link, session: false };
  const made = express();
  made.use(express.urlencoded({ extended: true, limit: "1mb" }));
  made.all("/login", passport.authenticate("saml", login));
  made.all("/acs", (req, res, next) => {
    const answer = (_error: unknown, accepted?: AcceptedAssertion | false, refused?: Refused) => {
      if (accepted) res.json({ nameId: accepted.profile.nameId, user: req.user ?? null });
      else res.status(403).json({ reason: refused?.reason });
    };
    (passport.authenticate("saml", response, answer) as express.RequestHandler)(req, res, next);
  });
  made.all("/none", passport.authenticate("saml", { session: false }));
  made.use(((error: unknown, _req, res, _next) => {
    res.status(500).json({ error: String(error) });
  }) satisfies express.ErrorRequestHandler);
  return made;
}

function readRequest(location: string) {
  const url = new URL(location);
  const xml = inflateRawSync(
    Buffer.from(url.searchParams.get("SAMLRequest") ?? "", "base64"),
  ).toString();
  const read = readXml(xml, METADATA_LIMITS);
  if (!read.ok) throw new Error(read.reason);
  return { url, root: read.value };
}

describe("the redirect to the provider", () => {
  it("asks a signed question that only we can have asked", async () => {
    const answer = await request(app).get("/login").expect(302);
    const { url, root } = readRequest(answer.headers["location"] ?? "");
    const signed = /^(SAMLRequest=[^&]*&RelayState=[^&]*&SigAlg=[^&]*)&Signature=/.exec(
      url.search.slice(1).replace("tenant=1&", ""),
    )?.[1];

    expect(url.origin + url.pathname).toBe("https://idp.example.com/sso");
    expect(url.searchParams.get("tenant")).toBe("1");
    expect(url.searchParams.get("RelayState")).toBe("state");
    expect(url.searchParams.get("SigAlg")).toBe(
      "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    );
    expect(attributeOf(root, "ID")).toBe("_request1");
    expect(attributeOf(root, "AssertionConsumerServiceURL")).toBe(PROVIDER.acsUrl);
    expect([...walk(root)].find(({ name }) => name === "Issuer")?.text).toBe(PROVIDER.entityId);
    expect(
      createVerify("RSA-SHA256")
        .update(signed ?? "")
        .verify(
          new X509Certificate(world.own.certificate).publicKey,
          url.searchParams.get("Signature") ?? "",
          "base64",
        ),
    ).toBe(true);
  });

  // N-103: each of these would make passport-saml inflate, verify or log out on its own.
  it.each([
    ["SAMLResponse", "AAAA"],
    ["SAMLRequest", "AAAA"],
    ["RelayState", "https://evil.example.com"],
    ["samlFallback", "logout-request"],
  ])("N-103 takes no notice of %s in the query or body", async (name, value) => {
    const expected = (await request(app).get("/login")).headers["location"];
    const plain = readRequest(expected ?? "");

    for (const answer of [
      await request(app)
        .get("/login")
        .query({ [name]: value }),
      await request(app)
        .post("/login")
        .type("form")
        .send({ [name]: value }),
    ]) {
      const { url } = readRequest(answer.headers["location"] ?? "");
      expect(answer.status).toBe(302);
      expect([...url.searchParams.keys()]).toEqual([...plain.url.searchParams.keys()]);
      expect(url.searchParams.get("RelayState")).toBe("state");
    }
  });

  it("can demand a fresh sign-in and one NameID format", async () => {
    const format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    const settings = { ...link.settings, nameIdFormats: [format], forceAuthn: true };
    const plan = { requestId: "_x", relayState: "s" };
    const { url, requestId } = await createAuthnRequest(settings, link.provider, plan);
    const { root } = readRequest(url);

    expect(requestId).toBe("_x");
    expect(attributeOf(root, "ForceAuthn")).toBe("true");
    expect([...walk(root)].find(({ name }) => name === "NameIDPolicy")).toMatchObject({
      attributes: expect.arrayContaining([
        { namespace: "", name: "Format", value: format },
      ]) as unknown,
    });
  });

  it("has an id that is an XML name with 160 random bits", () => {
    const secret = (bytes: number) => Buffer.alloc(bytes, 0xff).toString("base64url");

    expect(newRequestId({ next: () => "", secret })).toBe(`_${"_".repeat(26)}8`);
  });
});

describe("the way back", () => {
  const post = (body: object) => request(app).post("/acs").type("form").send(body);

  it("hands over what was verified, and signs nobody in by itself", async () => {
    const answer = await post({ SAMLResponse: encode(world.respond("both")), RelayState: "state" });

    expect(answer.body).toEqual({ nameId: "alice", user: null });
  });

  it.each([
    ["N-49 nothing", {}, "NotBase64"],
    ["N-49 text", { SAMLResponse: "hello" }, "NotBase64"],
    ["two responses", { SAMLResponse: ["AAAA", "AAAA"] }, "NotBase64"],
    ["a request", { SAMLRequest: "AAAA" }, "NotBase64"],
  ])("refuses %s", async (_, body, reason) => {
    const answer = await post(body);

    expect(answer.status).toBe(403);
    expect(answer.body).toEqual({ reason });
  });

  it("N-103 to N-105 refuses anything that comes by GET, without looking at it", async () => {
    for (const name of ["SAMLResponse", "SAMLRequest"]) {
      const answer = await request(app)
        .get("/acs")
        .query({ [name]: encode(world.respond("both")) });

      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({ reason: "NotBase64" });
    }
  });

  it("fails when a route does not say which phase it is", async () => {
    const answer = await request(app).get("/none").query({ SAMLResponse: "AAAA" });

    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ error: "TypeError: samlPhase must be login or response" });
  });
});
