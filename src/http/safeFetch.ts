import { lookup as systemLookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Fetches an address that a customer has typed in, so that it can lead nowhere but to the public internet: every
 * address that the name resolves to must be public, the connection goes to one of those and not to what the name means
 * a moment later, redirects are followed only where that is asked for and are then checked like the first address, and
 * time (of all together) and size are limited.
 */
export type SafeFetch = (
  url: string,
  options?: { readonly accept?: string },
) => Promise<SafeAnswer>;

export interface SafeAnswer {
  readonly status: number;
  readonly body: string;
}

export interface SafeFetchOptions {
  /** This machine counts as public, also without TLS: for practice and tests. */
  readonly allowLoopback?: boolean;
  readonly timeoutMs?: number;
  readonly bytesMax?: number;
  /** 0 when absent: an answer that leads elsewhere is handed over as it is. */
  readonly redirectsMax?: number;
  /** All addresses of a name; the system's resolver unless a test brings another. */
  readonly resolve?: (hostname: string) => Promise<readonly Address[]>;
}

export interface Address {
  readonly address: string;
  readonly family: number;
}

const TIMEOUT_MS = 5_000;
const BYTES_MAX = 262_144;

/**
 * The name is unknown, or known inside only. Which of the two it is is for the log alone: whoever types in addresses would
 * else learn one by one which names there are inside.
 */
export class NameRefused extends Error {}

/** The promise rejects with a plain error whose message is for the log. */
export function createSafeFetch(options: SafeFetchOptions = {}): SafeFetch {
  const { timeoutMs = TIMEOUT_MS, redirectsMax = 0, bytesMax = BYTES_MAX } = options;
  return async (text, { accept = "*/*" } = {}) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let url = checkedUrl(text, options);
    for (let redirects = 0; ; redirects += 1) {
      const addresses = await inTime(addressesOf(url, options), signal);
      const { location, ...answer } = await get(url, { addresses, accept, signal, bytesMax });
      if (redirectsMax === 0 || !REDIRECTS.has(answer.status)) return answer;
      if (redirects >= redirectsMax) throw new Error("it leads from one address to the next");
      if (location === undefined || !URL.canParse(location, url)) {
        throw new Error("it leads elsewhere without saying where");
      }
      url = checkedUrl(new URL(location, url).href, options);
    }
  };
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function checkedUrl(text: string, { allowLoopback = false }: SafeFetchOptions): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new Error("it is not an address");
  if (url.protocol !== "https:" && !(allowLoopback && url.protocol === "http:")) {
    throw new Error("it is not an https address");
  }
  if (url.username !== "" || url.password !== "") throw new Error("it holds credentials");
  return url;
}

async function addressesOf(url: URL, options: SafeFetchOptions): Promise<readonly Address[]> {
  const { resolve = systemResolve, allowLoopback = false } = options;
  const written = literalIn(url);
  const addresses = written === null ? await resolved(url.hostname, resolve) : [written];
  for (const { address } of addresses) {
    const range = ipaddr.process(address).range();
    const isPublic = range === "unicast" && url.protocol === "https:";
    if (!isPublic && !(allowLoopback && range === "loopback")) {
      const message = `it leads to an address that is not public (${range})`;
      throw written === null ? new NameRefused(message) : new Error(message);
    }
  }
  return addresses;
}

type Resolve = NonNullable<SafeFetchOptions["resolve"]>;

async function resolved(name: string, resolve: Resolve): Promise<readonly Address[]> {
  const addresses = await resolve(name).catch((cause: unknown) => {
    throw new NameRefused(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  if (addresses.length === 0) throw new NameRefused("its name has no address");
  return addresses;
}

/** An address that says by itself that it is not in the public internet: by a number, or by a name of this machine (RFC 6761). */
export function isInside(text: string): boolean {
  const range = rangeOf(text);
  return range !== null && range !== "unicast";
}

/** An address of this machine itself, as far as it says so. */
export function isLoopback(text: string): boolean {
  return rangeOf(text) === "loopback";
}

/** Null: it has to be looked up where its name leads. */
function rangeOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (/(?:^|\.)localhost\.?$/.test(url.hostname)) return "loopback";
  const written = literalIn(url);
  return written === null ? null : ipaddr.process(written.address).range();
}

/** The parser has brought every spelling of an address to the usual one. */
function literalIn({ hostname }: URL): Address | null {
  const name = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(name) ? literal(name) : null;
}

function literal(address: string): Address {
  return { address, family: ipaddr.IPv6.isValid(address) ? 6 : 4 };
}

function systemResolve(hostname: string): Promise<readonly Address[]> {
  return systemLookup(hostname, { all: true });
}

interface Answer extends SafeAnswer {
  readonly location: string | undefined;
}

interface Sending {
  readonly addresses: readonly Address[];
  readonly accept: string;
  readonly signal: AbortSignal;
  readonly bytesMax: number;
}

function get(url: URL, { addresses, accept, signal, bytesMax }: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const sent = request(url, {
      method: "GET",
      headers: { accept, "accept-encoding": "identity" },
      agent: false,
      lookup: pinned(addresses),
      signal,
    });
    sent.once("error", reject);
    sent.once("response", (response) => {
      readBody(response, bytesMax).then(
        (body) => {
          const { location } = response.headers;
          resolve({ status: response.statusCode ?? 0, body, location });
        },
        (error: unknown) => {
          sent.destroy();
          reject(error instanceof Error ? error : new Error("its answer broke off"));
        },
      );
    });
    sent.end();
  });
}

/** Answers with what was checked, whatever name is asked for. */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family ?? 4);
  };
}

async function readBody(response: IncomingMessage, bytesMax: number): Promise<string> {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new Error("its answer is compressed");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error("its answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Resolving a name cannot be interrupted, but need not be waited for. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
