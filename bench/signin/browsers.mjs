import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { inflateRawSync } from "node:zlib";

/** Browsers that begin a sign-in at a running server and bring the provider's answer; each has cookies of its own. */

/**
 * @param {{ origin: string, path: string }} at the server, and the path of the connection there
 */
export function createBrowsers({ origin, path }) {
  const agent = new Agent({ keepAlive: true });
  const { hostname: host, port } = new URL(origin);

  /** @returns {Promise<{ requestId: string, base: string, cookie: string }>} `base`: of the connection's addresses */
  async function begin() {
    const { status, headers } = await send("GET", "/login", {});
    if (status !== 302) throw new Error(`the sign-in began with ${status}`);
    const message = new URL(headers.location).searchParams.get("SAMLRequest") ?? "";
    const xml = inflateRawSync(Buffer.from(message, "base64")).toString();
    const cookies = (headers["set-cookie"] ?? []).map((one) => one.split(";")[0]);
    return {
      requestId: / ID="([^"]*)"/.exec(xml)?.[1] ?? "",
      base: /AssertionConsumerServiceURL="([^"]*)\/acs"/.exec(xml)?.[1] ?? "",
      cookie: cookies.join("; "),
    };
  }

  /** @param {string} body of the form that the provider lets the browser send */
  async function finish(cookie, body) {
    const type = "application/x-www-form-urlencoded";
    const headers = {
      cookie,
      "content-type": type,
      "content-length": Buffer.byteLength(body),
    };
    let answer = await send("POST", "/acs", headers, body);
    // On a machine that is overrun nobody has looked at it yet; the browser would say so, and be asked to try again.
    for (; answer.status === 503; answer = await send("POST", "/acs", headers, body)) {
      await sleep(500);
    }
    const isIn = (answer.headers["set-cookie"] ?? []).some((one) => /seatkeeper=[\w-]/.test(one));
    if (answer.status !== 303 || !isIn) throw new Error(`the sign-in ended with ${answer.status}`);
  }

  function send(method, address, headers, body) {
    return new Promise((resolve, reject) => {
      const options = { host, port, agent, method, path: path + address, headers };
      const call = request(options, (response) => {
        response.resume();
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode, headers: response.headers }),
        );
      });
      call.on("error", reject);
      call.end(body);
    });
  }

  return { begin, finish, close: () => agent.destroy() };
}
