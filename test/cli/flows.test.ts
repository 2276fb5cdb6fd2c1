import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleCatalogueFile } from "../../src/config.js";
import { createTestIdp } from "../support/samlIdp.js";
import { runCommand } from "../support/command.js";

/** How sign-ins and sign-outs of a connection go, on the command line. */
let directory: string;
let config: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-flows-"));
  config = join(directory, "seatkeeper.yaml");
  const lines = [
    "server: { baseUrl: https://seats.acorn.example }",
    "database: { url: 'sqlite:seatkeeper.sqlite' }",
    "secrets: { master: Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM }",
    `catalogue: { file: ${exampleCatalogueFile()} }`,
  ];
  writeFileSync(config, lines.join("\n"));
  chmodSync(config, 0o600);
  const { certificate } = await createTestIdp();
  writeFileSync(join(directory, "idp.xml"), metadata(certificate));
  const other = metadata(certificate).replace("https://idp.example", "https://other.example");
  writeFileSync(join(directory, "other.xml"), other);
  await say("migrate");
  await say("org create acme Acme");
  await say("connection create acme Okta --metadata idp.xml");
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:";

function metadata(certificate: string): string {
  const key = certificate.replace(/-----[A-Z ]+-----|\s/g, "");
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example">` +
    `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><ds:KeyInfo><ds:X509Data>` +
    `<ds:X509Certificate>${key}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>` +
    `<SingleLogoutService Binding="${BINDING}HTTP-POST" Location="https://idp.example/slo" ResponseLocation="https://idp.example/done"/>` +
    `<SingleLogoutService Binding="${BINDING}HTTP-Redirect" Location="http://idp.example/slo"/>` +
    `<SingleSignOnService Binding="${BINDING}HTTP-Redirect" Location="https://idp.example/sso"/>` +
    `<SingleSignOnService Binding="${BINDING}HTTP-POST" Location="https://idp.example/post"/>` +
    `</IDPSSODescriptor></EntityDescriptor>`
  );
}

async function say(command: string): Promise<{ code: number; out: string; err: string }> {
  return runCommand(directory, [...command.split(" "), "--config", config]);
}

async function json(command: string): Promise<{ readonly [key: string]: any; readonly saml: any }> {
  const { out, err } = await say(`${command} --json`);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as { readonly [key: string]: any; readonly saml: any };
}

describe("connection update", () => {
  it("takes the provider's addresses from its metadata, those that browsers may be sent to", async () => {
    const { saml } = await json("connection show acme Okta");

    expect(saml.sloUrl).toBeNull();
    expect(saml.idp).toMatchObject({
      ssoPostUrl: "https://idp.example/post",
      logout: {
        url: "https://idp.example/slo",
        binding: "post",
        responseUrl: "https://idp.example/done",
      },
    });
  });

  it("changes what is given, and takes lists and addresses away with none", async () => {
    const update = "connection update acme Okta";
    const changed = await json(
      `${update} --request-binding post --sign-requests off --force-authn on --authn-context urn:a --authn-context urn:b --single-logout on --logout-url https://idp.example/out --logout-binding redirect --offer-encryption on --allow-cbc on`,
    );
    expect(changed.saml.sloUrl).toMatch(/\/slo$/);
    expect(changed.saml.idp).toMatchObject({
      ...{ requestBinding: "post", signRequests: false, forceAuthn: true },
      ...{ authnContexts: ["urn:a", "urn:b"], singleLogout: true },
      ...{ offerEncryption: true, allowCbc: true },
      logout: { url: "https://idp.example/out", binding: "redirect" },
    });
    const back = await json(`${update} --authn-context none --logout-url none --force-authn off`);
    expect(back.saml.idp).toMatchObject({
      authnContexts: [],
      forceAuthn: false,
      signRequests: false,
    });
    expect(back.saml.idp.logout).toBeUndefined();
  });

  it("takes another provider's metadata only when that is said, also after SAML has ended", async () => {
    await say("connection create acme Entra --metadata idp.xml");
    const update = "connection update acme Entra --metadata";
    expect((await json(`${update} none`)).saml.idp).toBeNull();

    const refused = await say(`${update} other.xml`);

    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("replaceProvider")]);
    expect(refused.err).toContain("https://idp.example");
    expect((await json("connection show acme Entra")).saml.idp).toBeNull();
    expect((await say(`${update} idp.xml`)).code).toBe(0);
    await say(`${update} none`);
    const replaced = await json(`${update} other.xml --replace-provider`);
    expect(replaced.saml.idp.idpEntityId).toBe("https://other.example");
  });

  it("explains what cannot be", async () => {
    const switched = await say("connection update acme Okta --idp-initiated yes");
    expect([switched.code, switched.err]).toEqual([2, expect.stringContaining("on or off")]);
    const url = await say("connection update acme Okta --logout-url ftp://x");
    expect([url.code, url.err]).toEqual([1, expect.stringContaining("https://")]);
  });
});

describe("connection test", () => {
  it("prints a one-time address, and what has become of it", async () => {
    const made = await json("connection test acme Okta");
    expect(made["url"]).toMatch(
      /^https:\/\/seats\.acorn\.example\/saml\/[^/]+\/test\/[A-Za-z0-9_-]{32}$/,
    );

    const shown = await say(`connection test acme Okta ${String(made["id"])}`);
    expect([shown.code, shown.out]).toEqual([0, "waiting: no result yet"]);
    expect((await say("connection test acme Okta nothing")).code).toBe(1);
    expect((await say("connection test acme Okta")).out).toContain("works once");
  });
});
