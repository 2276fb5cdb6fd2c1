import { expect } from "@jest/globals";
import type { TestIssuer } from "../support/issuer.js";
import { send, type Answer } from "../support/server.js";
import type { DialectWorld } from "./world.js";

/** The token endpoint of the connection of a test, as Entra uses it. */

export type Form = Readonly<Record<string, string>>;

/** Who signs for Entra, and for whom: the service principal and the application. */
export const SUBJECT = "5f2c-service-principal";
export const AUDIENCE = "8d4e-application";

export interface Client {
  readonly id: string;
  readonly secret: string;
}

export async function newClient({ organisation, idp }: DialectWorld): Promise<Client> {
  const path = `/connections/${idp.connection.id}/clients`;
  const { status, body } = await organisation.api("POST", path, { label: "Entra" });
  expect(status).toBe(201);
  return { id: body.id, secret: body.secret };
}

export async function trust({ organisation, idp }: DialectWorld, issuer: TestIssuer) {
  const { status } = await organisation.api("PUT", `/connections/${idp.connection.id}/trust`, {
    issuer: issuer.issuer,
    subject: SUBJECT,
    audience: AUDIENCE,
    jwksUrl: issuer.jwksUrl,
  });
  expect(status).toBe(200);
}

export function secretForm({ id, secret }: Client, more: Form = {}): Form {
  return { grant_type: "client_credentials", client_id: id, client_secret: secret, ...more };
}

export function assertionForm(assertion: string, more: Form = {}): Form {
  return {
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    baseAddress: "https://seats.acorn.example/scim/v2",
    ...more,
  };
}

export function basic({ id, secret }: Client): Form {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
}

export async function askToken(
  { server, idp }: DialectWorld,
  form: Form,
  headers: Form = {},
  connectionId = idp.connection.id,
): Promise<Answer> {
  const response = await fetch(`${server.url}/oauth/${connectionId}/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(form).toString(),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** What Entra demands of the answer: a bearer token for 60 to 360 minutes, with which users can be listed. */
export async function expectAccess({ idp }: DialectWorld, answer: Answer): Promise<void> {
  expect(answer.status).toBe(200);
  const { access_token: token, token_type: type, expires_in: seconds } = answer.body;
  expect([typeof token, String(type).toLowerCase()]).toEqual(["string", "bearer"]);
  expect(Number.isInteger(seconds)).toBe(true);
  expect(seconds).toBeGreaterThanOrEqual(3_600);
  expect(seconds).toBeLessThanOrEqual(21_600);

  const listed = await send(`${idp.baseUrl}/Users?startIndex=1&count=1`, "GET", token);
  expect(listed.status).toBe(200);
  expect(listed.body).toMatchObject({ startIndex: 1, totalResults: expect.any(Number) });
}

/** All that a client sees of a refusal, but for what differs from one request to the next. */
export function refusalSeen({ status, headers, body }: Answer): string {
  const { date: _date, "x-request-id": _id, ...rest } = Object.fromEntries(headers);
  return JSON.stringify([status, rest, body]);
}
