import type { JsonValue, ScimCall } from "./dialect.js";

/** One request as it went over the wire, for the panel "What happened". */
export interface Exchange extends ScimCall {
  readonly status: number;
  readonly milliseconds: number;
  readonly response: JsonValue | undefined;
}

export interface ScimClient {
  /** Resolves with whatever the server answered; rejects only when there was no answer. */
  send(call: ScimCall): Promise<Exchange>;
}

export interface ScimClientOptions {
  /** The connection's SCIM address, as one pastes it into a provider. */
  readonly baseUrl: string;
  readonly token: string;
  readonly now: () => number;
}

/** Two answers of "try later" are honoured, as the real providers do; the third is reported. */
const ATTEMPTS_MAX = 3;
const TIMEOUT_MILLISECONDS = 30_000;
const RETRY_AFTER_SECONDS_MAX = 10;

export function createScimClient(options: ScimClientOptions): ScimClient {
  async function once(call: ScimCall): Promise<{ exchange: Exchange; retryAfter: number | null }> {
    const startedAt = options.now();
    const response = await fetch(options.baseUrl + call.path, {
      method: call.method,
      headers: {
        authorization: `Bearer ${options.token}`,
        accept: "application/scim+json",
        ...(call.body === undefined ? {} : { "content-type": "application/scim+json" }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    const text = await response.text();
    const milliseconds = options.now() - startedAt;
    const exchange = { ...call, status: response.status, milliseconds, response: readJson(text) };
    return { exchange, retryAfter: retryAfterSeconds(response) };
  }

  return {
    async send(call) {
      for (let attempt = 1; ; attempt += 1) {
        const { exchange, retryAfter } = await once(call);
        if (retryAfter === null || attempt === ATTEMPTS_MAX) return exchange;
        await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000));
      }
    },
  };
}

/** Null unless the server asks to come back: 429 and 503 carry whole seconds (RFC 9110 §10.2.3). */
function retryAfterSeconds(response: Response): number | null {
  if (response.status !== 429 && response.status !== 503) return null;
  const seconds = Number(response.headers.get("retry-after") ?? "1");
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), RETRY_AFTER_SECONDS_MAX) : 1;
}

function readJson(text: string): JsonValue | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text.slice(0, 500);
  }
}
