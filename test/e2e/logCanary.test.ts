import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createLogger } from "../../src/http/logger.js";
import { systemIds } from "../../src/store/ids.js";
import { KINDS, newToken } from "../../src/token.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import { updateConnection } from "../../src/actions/administerConnections.js";
import {
  send,
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { SignIns } from "./signIns.js";

/**
 * Words that stand for secrets and for people go through every door, in every place where they can stand, rightly and wrongly
 * used: none of them is ever in the log, and no secret in an answer that refuses.
 */
const lines: string[] = [];
const answers: string[] = [];
let server: TestServer;
let acorn: TestOrganisation;
let link: TestConnection;
let idp: TestIdp;

const EMAIL = "canary.person@canary.example";
const PASSWORD = "canary-password-7f3a";
const secrets = new Set<string>([PASSWORD]);
const misplaced = new Set<string>();

beforeAll(async () => {
  const logger = createLogger({
    level: "debug",
    destination: { write: (line) => lines.push(line) },
  });
  server = await startTestServer({ log: { level: "debug" } }, { logger });
  acorn = await server.organisation("acorn");
  link = await acorn.connection("generic");
  idp = await createTestIdp();
  secrets.add(link.token).add(idp.privateKey.split("\n")[2] ?? "");
  await updateConnection(server.app.administer, acorn.organisation.id, link.connection.id, {
    saml: {
      idpEntityId: idp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [idp.certificate],
      justInTime: "link",
    },
  });
});
afterAll(() => server.close());

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${server.url}${path}`, { redirect: "manual", ...init });
  if (response.status >= 400) answers.push(await response.clone().text());
  return response;
}

async function scim(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await link.scim(method, path, body);
  if (answer.status >= 400) answers.push(JSON.stringify(answer.body));
}

async function throughScim(): Promise<void> {
  const person = {
    userName: EMAIL,
    displayName: "Canary",
    password: PASSWORD,
    emails: [{ value: EMAIL }],
  };
  await scim("POST", "/Users", person);
  await scim("POST", "/Users", person);
  await scim("GET", `/Users?filter=${encodeURIComponent(`userName eq "${EMAIL}"`)}`);
  await scim("GET", `/Users/${EMAIL}`);
  await scim("GET", `/Users/${encodeURIComponent(EMAIL)}`);
  await scim("POST", "/Users", `{"userName": "${EMAIL}", "password": "${PASSWORD}"`);
  await scim("POST", "/Bulk", {
    Operations: [{ method: "POST", path: "/Users", bulkId: EMAIL, data: person }],
  });
  await scim("PATCH", `/Users/${EMAIL}`, {
    Operations: [{ op: "replace", path: `emails[value eq "${EMAIL}"]`, value: PASSWORD }],
  });
  for (const authorization of [
    `Bearer ${link.token}x`,
    `Basic ${btoa(`x:${PASSWORD}`)}`,
    PASSWORD,
  ]) {
    await ask(`/scim/v2/${link.connection.id}/Users`, { headers: { authorization } });
  }
}

async function throughSaml(): Promise<void> {
  const signIns = new SignIns(link.connection.id, server.url);
  const asked = await signIns.ask(server.url);
  const stranger = { ...(await createTestIdp()), entityId: idp.entityId };
  const responses = [
    signIns.respond(stranger, asked, EMAIL),
    signIns.respond(idp, asked, EMAIL, { nameId: "canary.unknown@canary.example" }),
    signIns.respond(idp, asked, EMAIL, { recipient: "https://elsewhere.example" }),
    signIns.respond(idp, asked, EMAIL),
  ];
  secrets.add(asked.cookie.split("=")[1] ?? "");
  for (const response of responses) {
    secrets.add(response.slice(400, 460));
    const { session } = await signIns.post(server.url, asked.cookie, response);
    if (session === undefined) continue;
    secrets.add(session.split("=")[1] ?? "");
    await ask("/signed-in", { headers: { cookie: session } });
    await ask("/sign-out", {
      method: "POST",
      headers: { cookie: session, origin: "https://evil.example" },
    });
    await ask("/sign-out", { method: "POST", headers: { cookie: session } });
  }
  const relay = "canary-relay-state";
  secrets.add(relay);
  const body = new URLSearchParams({ SAMLResponse: responses[0] ?? "", RelayState: relay });
  await ask(`/saml/${link.connection.id}/acs?RelayState=${relay}`, { method: "POST", body });
  await ask(
    `/saml/${link.connection.id}/login?returnTo=/${EMAIL}&SAMLRequest=${responses[0] ?? ""}`,
  );
}

async function throughTheAdminApi(): Promise<void> {
  const connection = `/connections/${link.connection.id}`;
  const keep = ({
    body,
    status,
  }: {
    body: { token?: string; secret?: string };
    status: number;
  }): string => {
    if (status >= 400) answers.push(JSON.stringify(body));
    const secret = body.token ?? body.secret ?? "";
    if (secret !== "") secrets.add(secret);
    return secret;
  };
  keep(await acorn.api("POST", `${connection}/tokens`, { label: EMAIL }));
  const secret = keep(await acorn.api("POST", `${connection}/clients`, { label: "canary" }));
  keep(await acorn.api("POST", "/tokens", { label: "canary" }));
  const invitation = keep(await acorn.api("POST", "/invitations", { address: EMAIL }));
  keep(await acorn.api("POST", "/invitations/accept", { secret: `${invitation}x` }));
  keep(
    await acorn.api("POST", "/invitations/accept", {
      secret: invitation,
      account: { userName: EMAIL },
    }),
  );
  keep(await acorn.api("GET", `/users/${EMAIL}`));
  keep(await acorn.api("GET", `/users/${encodeURIComponent(EMAIL)}`));
  keep(await acorn.api("POST", "/seats/acquire", { userName: EMAIL, product: "support" }));
  keep(await acorn.api("PATCH", connection, { saml: { certificates: [idp.privateKey] } }));
  keep(await acorn.api("PATCH", connection, { saml: { metadata: `<a>${idp.privateKey}</a>` } }));
  keep(await acorn.api("PATCH", connection, { password: PASSWORD }));
  keep(await acorn.api("POST", "/rules", `{"name": "${PASSWORD}"`));
  for (const client_secret of [secret, `${secret}x`]) {
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "x",
      client_secret,
    });
    await ask(`/oauth/${link.connection.id}/token?client_secret=${client_secret}`, {
      method: "POST",
      body: form,
    });
    const authorization = `Basic ${btoa(`x:${client_secret}`)}`;
    await ask(`/oauth/${link.connection.id}/token`, {
      method: "POST",
      body: form,
      headers: { authorization },
    });
  }
  answers.push(
    JSON.stringify((await send(`${server.url}/api/v1/${EMAIL}`, "GET", link.token)).body),
  );
}

/** Where a token has no business at all: in addresses of other things, in other spellings, and in what is kept of people. */
async function asSomethingElse(): Promise<void> {
  for (const kind of KINDS) {
    const { token } = newToken(kind, systemIds);
    const secret = token.slice(token.lastIndexOf("_") + 1);
    secrets.add(secret);
    misplaced.add(secret);
    const spellings = [
      token,
      token.replaceAll("_", "%5F"),
      token.replaceAll("_", "%255f"),
      token.replace("sk", "%73%6B"),
      `x%2F${token}`,
    ];
    for (const spelled of spellings) {
      await ask(`/i/${spelled}`);
      const invitation = `/invitations/${spelled}`;
      await acorn.api("GET", invitation);
      await acorn.api("DELETE", invitation);
      await link.scim("GET", `/Users/${spelled}`);
    }
    await link.scim("POST", "/Users", {
      userName: `joins.by.${kind}`,
      title: `join with ${token}`,
      nickName: `link:${token}`,
    });
    await link.scim("POST", "/Users", { userName: `${token}@canary.example`, active: [] });
    await link.scim("POST", "/Users", { userName: 5, title: `join\\n${token}` });
  }
}

async function provisioningLog(): Promise<string[]> {
  const log = `/connections/${link.connection.id}/log`;
  const list = await acorn.api("GET", `${log}?limit=200`);
  const { items } = list.body as { items: { id: string }[] };
  const records = await Promise.all(items.map(({ id }) => acorn.api("GET", `${log}/${id}`)));
  return records.map(({ body }) => JSON.stringify(body));
}

it("are never in the log, and no secret is in an answer that refuses", async () => {
  await throughScim();
  await throughSaml();
  await throughTheAdminApi();
  await asSomethingElse();
  await server.app.actions.settled();

  expect(lines.length).toBeGreaterThan(40);
  expect(answers.length).toBeGreaterThan(12);
  const people = ["canary.person", "canary.unknown", EMAIL];
  const found = (texts: readonly string[], words: Iterable<string>) =>
    [...words]
      .filter((word) => word !== "")
      .flatMap((word) => texts.filter((text) => text.includes(word)));
  expect(found(lines, [...secrets, ...people])).toEqual([]);
  // An answer may name whom it is about; it goes to who asked.
  expect(found(answers, secrets)).toEqual([]);
  expect(secrets.size).toBeGreaterThan(9 + KINDS.length);
  const kept = await provisioningLog();
  expect(kept.length).toBeGreaterThan(4 * KINDS.length);
  expect(kept.join()).toContain("join with sk_invite_");
  // Names are kept in small letters, and so would a secret be that somebody has sent as one.
  const small = (texts: Iterable<string>) => [...texts].map((text) => text.toLowerCase());
  expect(found(small(kept), small(misplaced))).toEqual([]);
}, 120_000);
