import { inflateRawSync } from "node:zlib";
import type { ConnectionInput } from "../../src/actions/administerConnections.js";
import { METADATA_LIMITS, readXml } from "../../src/saml/guard.js";
import type { XmlElement } from "../../src/saml/xml.js";
import { attributeOf } from "../../src/saml/xml.js";
import {
  createTestIdp,
  encode,
  genuineFields,
  responseXml,
  signResponse,
  type Fields,
  type Signing,
  type TestIdp,
} from "../support/samlIdp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { hiddenFields, ScriptedBrowser } from "../support/simplesamlphp.js";

/** A whole server, and beside it a provider that answers what a test wants it to. */
export interface FlowWorld {
  readonly server: TestServer;
  /** The log, where an administrator finds the reason of a refusal. */
  readonly log: string[];
  tenant(slug: string): Promise<FlowTenant>;
  close(): Promise<void>;
}

export interface FlowTenant {
  readonly org: TestOrganisation;
  readonly link: TestConnection;
  readonly idp: TestIdp;
  readonly provider: { readonly entityId: string; readonly acsUrl: string };
  readonly loginUrl: string;
  readonly sloUrl: string;
  /** Changes settings of the connection over the API. */
  set(saml: object): Promise<Answer>;
  /** Opens the login address (or another one) and reads the request that it leads to. */
  ask(browser: ScriptedBrowser, url?: string): Promise<Asked>;
  /** A signed answer with these differences from a genuine one. */
  answer(
    asked: Pick<Asked, "id"> | null,
    change?: Partial<Fields>,
    signing?: Partial<Signing>,
  ): string;
  post(
    browser: ScriptedBrowser,
    SAMLResponse: string,
    more?: { readonly RelayState?: string; readonly origin?: string },
  ): Promise<Reply>;
  /** The whole way. */
  signIn(browser: ScriptedBrowser, user: string, change?: Partial<Fields>): Promise<Reply>;
}

export interface Asked {
  readonly id: string;
  readonly root: XmlElement;
  readonly xml: string;
  readonly address: string;
  readonly relayState: string;
  readonly parameters: URLSearchParams;
  readonly headers: Headers;
}

export interface Reply {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
}

export async function createFlowWorld(): Promise<FlowWorld> {
  const log: string[] = [];
  const note = (fields: object, message: string) =>
    void log.push(JSON.stringify([fields, message]));
  const logger = { debug: () => undefined, info: note, warn: note, error: note };
  const server = await startTestServer({}, { logger });
  return { server, log, tenant: (slug) => openTenant(server, slug), close: () => server.close() };
}

let serial = 0;

async function openTenant(server: TestServer, slug: string): Promise<FlowTenant> {
  const org = await server.organisation(slug);
  const idp = await createTestIdp(`https://idp.example/${slug}`);
  const saml: ConnectionInput["saml"] = {
    idpEntityId: idp.entityId,
    ssoUrl: "https://idp.example/sso",
    certificates: [idp.certificate],
    justInTime: "link",
  };
  const link = await org.connection("generic", { saml });
  const base = `${server.url}/saml/${link.connection.id}`;
  const provider = { entityId: `${base}/metadata`, acsUrl: `${base}/acs` };
  const tenant: FlowTenant = {
    ...{ org, link, idp, provider, loginUrl: `${base}/login`, sloUrl: `${base}/slo` },
    set: (settings) => org.api("PATCH", `/connections/${link.connection.id}`, { saml: settings }),
    ask: async (browser, url = `${base}/login`) => readQuestion(await browser.fetch(url)),
    answer: (asked, change = {}, signing = {}) => {
      serial += 1;
      const genuine = genuineFields(idp, provider, Date.now());
      const fields = {
        ...genuine,
        responseId: `_response${String(serial)}`,
        assertionId: `_assertion${String(serial)}`,
        inResponseTo: asked?.id,
        confirmationInResponseTo: asked?.id,
        authnInstant: new Date().toISOString(),
        ...change,
      };
      return encode(signResponse(responseXml(fields), { ...idp, ...signing }, "both"));
    },
    post: async (browser, SAMLResponse, { RelayState, origin } = {}) => {
      const body = new URLSearchParams({
        SAMLResponse,
        ...(RelayState === undefined ? {} : { RelayState }),
      });
      const headers = origin === undefined ? {} : { origin };
      return reply(await browser.fetch(provider.acsUrl, { method: "POST", body, headers }));
    },
    signIn: async (browser, user, change = {}) => {
      const asked = await tenant.ask(browser);
      return tenant.post(
        browser,
        tenant.answer(asked, { nameId: user, ...named(user), ...change }),
      );
    },
  };
  return tenant;
}

/** The attribute by which the account is found. */
export function named(user: string): Pick<Fields, "attributes"> {
  return { attributes: [["uid", user]] };
}

export async function reply(response: Response): Promise<Reply> {
  return { status: response.status, html: await response.text(), headers: response.headers };
}

/** From a redirect or from a form. */
async function readQuestion(response: Response): Promise<Asked> {
  const location = response.headers.get("location");
  const html = await response.text();
  const fields =
    location === null
      ? new URLSearchParams([...hiddenFields(html)])
      : new URL(location).searchParams;
  const message = Buffer.from(fields.get("SAMLRequest") ?? "", "base64");
  const xml = (location === null ? message : inflateRawSync(message)).toString();
  const tree = readXml(xml, METADATA_LIMITS);
  if (!tree.ok) throw new Error(`${String(response.status)} ${tree.reason}: ${html.slice(0, 300)}`);
  return {
    id: attributeOf(tree.value, "ID") ?? "",
    root: tree.value,
    xml,
    address: location ?? /<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? "",
    relayState: fields.get("RelayState") ?? "",
    parameters: fields,
    headers: response.headers,
  };
}

export { ScriptedBrowser };
