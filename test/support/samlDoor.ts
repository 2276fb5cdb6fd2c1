import { inflateRawSync } from "node:zlib";
import {
  encode,
  genuineFields,
  responseXml,
  signResponse,
  type Fields,
  type SigningMode,
  type TestIdp,
} from "./samlIdp.js";
import { hiddenFields } from "./simplesamlphp.js";

/** A browser that signs in at a running server, with a provider that says whatever the test wants it to say. */
export interface Entrance {
  readonly status: number;
  readonly html: string;
  /** Whether a session was opened. */
  readonly isIn: boolean;
  /** The claims of the token for the application; null where there is none. */
  readonly claims: Record<string, any> | null;
}

let serial = 0;

/** From a redirect or from a form. */
async function questionOf(asked: Response): Promise<string> {
  if (asked.status === 302) {
    const sent = new URL(asked.headers.get("location") ?? "").searchParams.get("SAMLRequest") ?? "";
    return inflateRawSync(Buffer.from(sent, "base64")).toString();
  }
  const sent = hiddenFields(await asked.text()).get("SAMLRequest");
  if (sent === undefined) throw new Error(`login answers ${String(asked.status)}`);
  return Buffer.from(sent, "base64").toString();
}

export async function enter(
  server: { readonly url: string },
  connectionId: string,
  idp: TestIdp,
  says: Partial<Fields> = {},
  mode: SigningMode = "assertion",
): Promise<Entrance> {
  const base = `${server.url}/saml/${connectionId}`;
  const asked = await fetch(`${base}/login`, { redirect: "manual" });
  const requestId = /ID="([^"]+)"/.exec(await questionOf(asked))?.[1] ?? "";
  const cookie = asked.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  serial += 1;
  const provider = { entityId: `${base}/metadata`, acsUrl: `${base}/acs` };
  const fields: Fields = {
    ...genuineFields(idp, provider, Date.now()),
    responseId: `_response${String(serial)}`,
    assertionId: `_assertion${String(serial)}`,
    inResponseTo: requestId,
    confirmationInResponseTo: requestId,
    attributes: [],
    ...says,
  };
  const body = new URLSearchParams({
    SAMLResponse: encode(signResponse(responseXml(fields), idp, mode)),
  });
  const answer = await fetch(`${base}/acs`, {
    method: "POST",
    body,
    headers: { cookie },
    redirect: "manual",
  });
  const html = await answer.text();
  const token = /name="token" value="([^"]+)"/.exec(html)?.[1];
  return {
    status: answer.status,
    html,
    isIn: answer.status === 200 || answer.status === 303,
    claims:
      token === undefined
        ? null
        : JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()),
  };
}
