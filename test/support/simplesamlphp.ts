import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createTestIdp, PERSISTENT } from "./samlIdp.js";

/**
 * Real identity providers: Debian's SimpleSAMLphp, one PHP process each, in a temporary folder. Nothing of the
 * machine's own configuration is read or changed.
 */
const PROGRAM = "/usr/share/simplesamlphp";
const START_MS = 15_000;
const POLL_MS = 50;

/** Why real providers cannot be started here, or undefined when they can. */
export function simpleSamlMissing(): string | undefined {
  if (!existsSync(join(PROGRAM, "www"))) return "SimpleSAMLphp is not installed";
  const php = spawnSync("php", ["--version"]);
  return php.status === 0 ? undefined : "PHP is not installed";
}

export interface RemoteServiceProvider {
  readonly entityId: string;
  readonly acsUrl: string;
  /** PEM; checks our signed requests, and encrypts. */
  readonly certificate: string;
  readonly encrypt?: boolean;
  /** Default true. */
  readonly demandSignedRequests?: boolean;
  /** Where it takes logout messages, and how the provider sends them there. */
  readonly slo?: { readonly url: string; readonly binding: "HTTP-Redirect" | "HTTP-POST" };
  /** Otherwise as the provider signs for everybody. */
  readonly signResponse?: boolean;
  readonly signAssertion?: boolean;
}

export interface IdpSetup {
  /** Letters and digits; becomes part of cookie names. */
  readonly name: string;
  readonly serviceProviders: readonly RemoteServiceProvider[];
  readonly signResponse?: boolean;
  readonly signAssertion?: boolean;
  /** User name -> attributes; `uid` becomes the NameID. The password is the user name followed by "pass". */
  readonly users?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface SimpleSamlIdp {
  readonly entityId: string;
  readonly origin: string;
  readonly ssoUrl: string;
  readonly certificate: string;
  metadata(): Promise<string>;
  /** The address at which a sign-in can begin at the provider. */
  unsolicitedUrl(serviceProvider: string): string;
  /** Replaces the service providers; read at the next request. */
  trust(serviceProviders: readonly RemoteServiceProvider[]): void;
  close(): Promise<void>;
}

const DEFAULT_USERS: NonNullable<IdpSetup["users"]> = {
  alice: {
    uid: ["alice"],
    mail: ["alice@example.com"],
    givenName: ["Alice"],
    sn: ["Archer"],
    groups: ["engineering", "admins"],
  },
  bob: {
    uid: ["bob"],
    mail: ["bob@example.com"],
    givenName: ["Bob"],
    sn: ["Baker"],
    groups: ["sales"],
  },
};

/** Undefined when the program is missing; `simpleSamlMissing` says what. */
export async function startSimpleSamlIdp(setup: IdpSetup): Promise<SimpleSamlIdp | undefined> {
  if (simpleSamlMissing() !== undefined) return undefined;
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), `seatkeeper-idp-${setup.name}-`));
  const keys = await createTestIdp(`${origin}/idp`);
  writeFolder(folder, origin, setup, keys);
  const server = spawn("php", ["-S", `127.0.0.1:${port}`, "-t", join(PROGRAM, "www")], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", SIMPLESAMLPHP_CONFIG_DIR: join(folder, "config") },
    stdio: "ignore",
  });
  const close = () => stop(server, folder);
  try {
    await untilReady(`${origin}/saml2/idp/metadata.php`, server);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    entityId: keys.entityId,
    origin,
    ssoUrl: `${origin}/saml2/idp/SSOService.php`,
    certificate: keys.certificate,
    metadata: async () => await (await fetch(`${origin}/saml2/idp/metadata.php`)).text(),
    unsolicitedUrl: (serviceProvider) =>
      `${origin}/saml2/idp/SSOService.php?spentityid=${encodeURIComponent(serviceProvider)}`,
    trust: (serviceProviders) => writeServiceProviders(folder, serviceProviders),
    close,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const end = performance.now() + START_MS;
  let seen = "no answer";
  while (performance.now() < end && server.exitCode === null) {
    try {
      const answer = await fetch(url);
      if (answer.ok) return;
      seen = `status ${answer.status}`;
    } catch {
      seen = "no connection";
    }
    await wait(POLL_MS);
  }
  throw new Error(`SimpleSAMLphp did not start: ${seen}`);
}

async function stop(server: ChildProcess, folder: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill();
    await once(server, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

type Php = string | number | boolean | null | readonly Php[] | { readonly [key: string]: Php };

function writeFolder(
  folder: string,
  origin: string,
  setup: IdpSetup,
  keys: { readonly privateKey: string; readonly certificate: string },
): void {
  for (const part of ["config", "metadata", "cert", "log", "tmp", "data", "sess"]) {
    mkdirSync(join(folder, part));
  }
  writeFileSync(join(folder, "cert/idp.key"), keys.privateKey);
  writeFileSync(join(folder, "cert/idp.crt"), keys.certificate);
  writePhp(folder, "config/config.php", "config", configuration(folder, origin, setup.name));
  writePhp(folder, "config/authsources.php", "config", {
    users: { "0": "exampleauth:UserPass", ...passwords(setup.users ?? DEFAULT_USERS) },
  });
  writePhp(folder, "metadata/saml20-idp-hosted.php", "metadata", {
    [`${origin}/idp`]: hostedIdp(setup),
  });
  writeServiceProviders(folder, setup.serviceProviders);
}

function passwords(users: NonNullable<IdpSetup["users"]>): Record<string, Php> {
  return Object.fromEntries(
    Object.entries(users).map(([name, attributes]) => [`${name}:${name}pass`, attributes]),
  );
}

function configuration(folder: string, origin: string, name: string): Php {
  const inFolder = (part: string) => `${join(folder, part)}/`;
  return {
    baseurlpath: `${origin}/`,
    certdir: inFolder("cert"),
    loggingdir: inFolder("log"),
    datadir: inFolder("data"),
    tempdir: join(folder, "tmp"),
    metadatadir: inFolder("metadata"),
    "auth.adminpassword": "practice-only",
    secretsalt: `salt-${name}`,
    timezone: "UTC",
    "admin.checkforupdates": false,
    "enable.saml20-idp": true,
    "module.enable": { exampleauth: true, core: true, saml: true },
    "logging.handler": "file",
    "store.type": "phpsession",
    "session.cookie.secure": false,
    "session.cookie.samesite": null,
    // Cookies do not tell ports apart.
    "session.cookie.name": `sid${name}`,
    "session.phpsession.cookiename": `php${name}`,
    "session.authtoken.cookiename": `token${name}`,
    "session.phpsession.savepath": join(folder, "sess"),
    "language.cookie.secure": false,
    "authproc.idp": [],
    "metadata.sources": [{ type: "flatfile" }],
  };
}

const BINDINGS = [
  "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
  "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
];

function hostedIdp(setup: IdpSetup): Php {
  return {
    host: "__DEFAULT__",
    privatekey: "idp.key",
    certificate: "idp.crt",
    auth: "users",
    "signature.algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "saml20.sign.response": setup.signResponse ?? true,
    "saml20.sign.assertion": setup.signAssertion ?? true,
    "redirect.validate": true,
    SingleSignOnServiceBinding: BINDINGS,
    SingleLogoutServiceBinding: BINDINGS,
    authproc: { "3": { class: "saml:AttributeNameID", attribute: "uid", Format: PERSISTENT } },
  };
}

function writeServiceProviders(folder: string, providers: readonly RemoteServiceProvider[]): void {
  const entries = providers.map((provider, index) => {
    writeFileSync(join(folder, `cert/sp${index}.crt`), provider.certificate);
    const entry: Php = {
      AssertionConsumerService: provider.acsUrl,
      NameIDFormat: PERSISTENT,
      certificate: `sp${index}.crt`,
      "validate.authnrequest": provider.demandSignedRequests ?? true,
      "assertion.encryption": provider.encrypt ?? false,
      ...(provider.slo === undefined ? {} : logoutService(provider.slo)),
      ...(provider.signResponse === undefined
        ? {}
        : { "saml20.sign.response": provider.signResponse }),
      ...(provider.signAssertion === undefined
        ? {}
        : { "saml20.sign.assertion": provider.signAssertion }),
    };
    return [provider.entityId, entry] as const;
  });
  writePhp(folder, "metadata/saml20-sp-remote.php", "metadata", Object.fromEntries(entries));
}

function logoutService({ url, binding }: NonNullable<RemoteServiceProvider["slo"]>): {
  readonly [key: string]: Php;
} {
  const Binding = `urn:oasis:names:tc:SAML:2.0:bindings:${binding}`;
  return {
    SingleLogoutService: [{ Binding, Location: url }],
    "sign.logout": true,
    "validate.logout": true,
  };
}

function writePhp(folder: string, path: string, variable: string, value: Php): void {
  const json = JSON.stringify(value);
  writeFileSync(
    join(folder, path),
    `<?php\n$${variable} = json_decode(<<<'JSON'\n${json}\nJSON\n, true);\n`,
  );
}

export interface PostedResponse {
  /** Where the provider's page posts to. */
  readonly action: string;
  readonly SAMLResponse: string;
  readonly RelayState: string | undefined;
}

/** A browser with cookies per host and port, that follows redirects and knows the provider's two pages. */
export class ScriptedBrowser {
  readonly #jars = new Map<string, Map<string, string>>();

  /** Opens a sign-in address (ours or the provider's), signs in and returns what would be posted to our ACS. */
  async signIn(url: string, user: string, password = `${user}pass`): Promise<PostedResponse> {
    const asked = await this.open(url);
    const isForm = hiddenFields(asked.html).has("SAMLRequest");
    const page = isForm ? await this.submit(asked.html) : asked;
    const html = page.html.includes(`name="username"`)
      ? (await this.#submitLogin(page, user, password)).html
      : page.html;
    const fields = hiddenFields(html);
    const SAMLResponse = fields.get("SAMLResponse");
    if (SAMLResponse === undefined) throw new Error(`no SAMLResponse: ${summary(html)}`);
    const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? "";
    return { action: unescape(action), SAMLResponse, RelayState: fields.get("RelayState") };
  }

  async open(
    url: string,
    init: RequestInit = {},
  ): Promise<{ url: string; html: string; status: number }> {
    let target = url;
    let request = init;
    for (let hops = 0; hops < 10; hops += 1) {
      const answer = await this.fetch(target, request);
      const location = answer.headers.get("location");
      if (answer.status < 300 || answer.status > 399 || location === null) {
        return { url: target, html: await answer.text(), status: answer.status };
      }
      target = new URL(location, target).href;
      request = {};
    }
    throw new Error("too many redirects");
  }

  /** Sends the page's form, as its script would. */
  async submit(html: string): Promise<{ url: string; html: string; status: number }> {
    const action = unescape(/<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? "");
    const body = new URLSearchParams([...hiddenFields(html)]);
    return await this.open(action, { method: "POST", body });
  }

  /** One request, cookies included, redirects not followed. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = this.#jarOf(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("cookie", [...jar].map(([k, v]) => `${k}=${v}`).join("; "));
    const answer = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "" || value === "deleted") jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  async #submitLogin(page: { url: string; html: string }, user: string, password: string) {
    const fields = hiddenFields(page.html);
    const body = new URLSearchParams({ ...Object.fromEntries(fields), username: user, password });
    return await this.open(page.url, { method: "POST", body });
  }

  #jarOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    return jar;
  }
}

export function hiddenFields(html: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const name = /\bname="([^"]*)"/.exec(input)?.[1];
    const isHidden = input.includes(`type="hidden"`);
    if (name !== undefined && isHidden) {
      fields.set(name, unescape(/\bvalue="([^"]*)"/.exec(input)?.[1] ?? ""));
    }
  }
  return fields;
}

function unescape(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-fA-F]+);/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function summary(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
}
