import { inflateRawSync } from "node:zlib";
import {
  encode,
  genuineFields,
  responseXml,
  signResponse,
  type TestIdp,
} from "../support/samlIdp.js";

/** As much of a browser as a sign-in needs: it keeps cookies and follows nothing by itself. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  async fetch(url: string, init: Pick<RequestInit, "method" | "body"> = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: cookie === "" ? {} : { cookie },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** By name, for another browser to take over. */
  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  /** SP-initiated sign-in as `nameId`; `samlUrl` is the address of the connection. Answers what the server said last. */
  async signIn(samlUrl: string, idp: TestIdp, nameId: string): Promise<Response> {
    const begun = await this.fetch(`${samlUrl}/login`);
    const location = new URL(begun.headers.get("location") ?? "");
    const request = inflateRawSync(
      Buffer.from(location.searchParams.get("SAMLRequest") ?? "", "base64"),
    ).toString();
    const [, requestId = ""] = / ID="([^"]+)"/.exec(request) ?? [];
    const provider = { entityId: `${samlUrl}/metadata`, acsUrl: `${samlUrl}/acs` };
    const xml = responseXml({
      ...genuineFields(idp, provider, Date.now()),
      inResponseTo: requestId,
      confirmationInResponseTo: requestId,
      assertionId: `_${crypto.randomUUID()}`,
      responseId: `_${crypto.randomUUID()}`,
      nameId,
      attributes: [["mail", nameId]],
    });
    return this.fetch(`${samlUrl}/acs`, {
      method: "POST",
      body: new URLSearchParams({
        SAMLResponse: encode(signResponse(xml, idp, "both")),
        RelayState: location.searchParams.get("RelayState") ?? "",
      }),
    });
  }
}
