import { z } from "zod";

/** Seatkeeper's admin API over HTTP: the practice IdP has no other way to see what happened. */
export interface SeatkeeperApi {
  /** @throws ApiRefused */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  /** @throws ApiRefused */
  send<T>(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body: object,
    schema: z.ZodType<T>,
  ): Promise<T>;
}

/** The API answered with an error; the message is its own sentence. */
export class ApiRefused extends Error {
  override readonly name = "ApiRefused";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface ApiOptions {
  /** "http://127.0.0.1:4600/api/v1" */
  readonly baseUrl: string;
  readonly token: string;
}

const TIMEOUT_MILLISECONDS = 30_000;
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export function createApi({ baseUrl, token }: ApiOptions): SeatkeeperApi {
  async function call<T>(
    method: string,
    path: string,
    body: object | undefined,
    schema: z.ZodType<T>,
  ): Promise<T> {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    const text = await response.text();
    const value: unknown = text === "" ? undefined : JSON.parse(text);
    if (!response.ok) {
      const known = failure.safeParse(value);
      const reason = known.success ? known.data.error.message : `status ${response.status}`;
      throw new ApiRefused(response.status, `${method} ${path}: ${reason}`);
    }
    return schema.parse(value);
  }

  return {
    get: (path, schema) => call("GET", path, undefined, schema),
    send: (method, path, body, schema) =>
      call(method, path, method === "DELETE" ? undefined : body, schema),
  };
}
