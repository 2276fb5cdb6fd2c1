import { request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { inflateRawSync } from "node:zlib";
import {
  encode,
  genuineFields,
  responseXml,
  signResponse,
  type Fields,
  type SigningMode,
  type TestIdp,
} from "../support/samlIdp.js";

/** Browsers and a provider that sign people in at servers of their choice, each request on a connection of its own. */
export interface Asked {
  readonly requestId: string;
  /** What the browser sends back, to be recognised. */
  readonly cookie: string;
}

export interface Posted {
  readonly status: number;
  /** The cookie of the session that was opened. */
  readonly session: string | undefined;
}

interface HttpAnswer {
  readonly status: number;
  readonly location: string;
  readonly cookies: readonly string[];
}

export class SignIns {
  readonly #connectionId: string;
  readonly #baseUrl: string;
  #assertions = 0;

  /** @param baseUrl as the servers are configured, wherever they listen */
  constructor(connectionId: string, baseUrl: string) {
    this.#connectionId = connectionId;
    this.#baseUrl = baseUrl;
  }

  async ask(origin: string): Promise<Asked> {
    const answer = await send(`${origin}/saml/${this.#connectionId}/login`, "GET");
    if (answer.status !== 302) throw new Error(`asking was answered ${String(answer.status)}`);
    const message = new URL(answer.location).searchParams.get("SAMLRequest") ?? "";
    const xml = inflateRawSync(Buffer.from(message, "base64")).toString();
    const cookie = answer.cookies.map((one) => one.split(";")[0]).join("; ");
    return { requestId: / ID="([^"]*)"/.exec(xml)?.[1] ?? "", cookie };
  }

  /** The provider's response, in base64. */
  respond(
    idp: TestIdp,
    { requestId }: Pick<Asked, "requestId">,
    nameId: string,
    change: Partial<Fields> & { readonly mode?: SigningMode } = {},
  ): string {
    const { mode = "both", ...fields } = change;
    const base = `${this.#baseUrl}/saml/${this.#connectionId}`;
    const provider = { entityId: `${base}/metadata`, acsUrl: `${base}/acs` };
    const id = `${String(process.pid)}-${String((this.#assertions += 1))}`;
    const xml = responseXml({
      ...genuineFields(idp, provider, Date.now()),
      ...{ responseId: `_r${id}`, assertionId: `_a${id}`, nameId },
      ...{ inResponseTo: requestId, confirmationInResponseTo: requestId },
      attributes: [["userName", nameId]],
      ...fields,
    });
    return encode(signResponse(xml, idp, mode));
  }

  async post(origin: string, cookie: string, encoded: string): Promise<Posted> {
    const body = new URLSearchParams({ SAMLResponse: encoded }).toString();
    const answer = await send(`${origin}/saml/${this.#connectionId}/acs`, "POST", { cookie, body });
    const session = answer.cookies.find((one) => /^(?:__Host-)?seatkeeper=[\w-]/.test(one));
    return { status: answer.status, session: session?.split(";")[0] };
  }

  /**
   * Brings the response again where nobody has looked at it yet (503): on a busy machine the threads that verify take their
   * time to start.
   */
  async insist(origin: string, cookie: string, encoded: string): Promise<Posted> {
    for (;;) {
      const posted = await this.post(origin, cookie, encoded);
      if (posted.status !== 503) return posted;
      await wait(500);
    }
  }

  /** All of it, at one server. */
  async signIn(origin: string, idp: TestIdp, nameId: string): Promise<Posted> {
    const asked = await this.ask(origin);
    return await this.insist(origin, asked.cookie, this.respond(idp, asked, nameId));
  }

  /** The status with which the session's own page answers: 200 while it lives, 401 afterwards. */
  async look(origin: string, session: string): Promise<number> {
    return (await send(`${origin}/signed-in`, "GET", { cookie: session })).status;
  }
}

function send(
  url: string,
  method: string,
  { cookie, body }: { cookie?: string; body?: string } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined
        ? {}
        : {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": Buffer.byteLength(body),
          }),
    };
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      answer.resume();
      answer.once("error", reject);
      answer.once("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          location: answer.headers.location ?? "",
          cookies: answer.headers["set-cookie"] ?? [],
        }),
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** The value that so great a share of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
