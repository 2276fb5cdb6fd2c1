import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";

/** An identity provider that signs assertions and shows its keys on a socket, as Entra does. */
export interface TestIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** How often its keys were fetched. */
  fetches(): number;
  /** What the address of the keys answers instead of 200. */
  answerWith(status: number): void;
  /** A new key beside the old ones; assertions are signed with it from now on. */
  rotate(): Promise<void>;
  /** `change` may set a claim to undefined to leave it out. */
  sign(
    change?: Readonly<Record<string, unknown>>,
    header?: { alg?: string; kid?: string },
  ): Promise<string>;
  close(): Promise<void>;
}

export interface Claims {
  readonly subject: string;
  readonly audience: string;
  /** Milliseconds. */
  readonly now: () => number;
}

export async function startIssuer({ subject, audience, now }: Claims): Promise<TestIssuer> {
  const issuer = "https://login.microsoftonline.com/0a1b-tenant";
  const keys: { kid: string; key: CryptoKey; jwk: object }[] = [];
  let fetches = 0;
  let status = 200;
  const server = createServer((_request, response) => {
    fetches += 1;
    const headers = status === 302 ? { location: "http://127.0.0.1:1/" } : {};
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function rotate(): Promise<void> {
    const kid = `key-${String(keys.length + 1)}`;
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    keys.push({ kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } });
  }

  await rotate();
  return {
    issuer,
    jwksUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/keys`,
    fetches: () => fetches,
    answerWith: (other) => (status = other),
    rotate,
    sign: async (change = {}, { alg = "RS256", kid } = {}) => {
      const last = keys.at(-1)!;
      const seconds = Math.floor(now() / 1_000);
      const claims = {
        iss: `${issuer}/v2.0`,
        sub: subject,
        aud: audience,
        iat: seconds,
        nbf: seconds,
        exp: seconds + 3_600,
        ...change,
      };
      return new SignJWT(JSON.parse(JSON.stringify(claims)))
        .setProtectedHeader({ alg, kid: kid ?? last.kid, typ: "JWT" })
        .sign(last.key);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
