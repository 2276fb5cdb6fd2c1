import { createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { documentOf } from "./page/layout.js";
import { markup } from "./markup.js";
import type { Markup } from "./markup.js";
import { movesList } from "./page/panel.js";
import type { Move } from "./page/model.js";
import { titleCase } from "./page/sentences.js";

/**
 * The example application's side of a sign-in, as a vendor would write it: take the token from the form, verify it
 * against Seatkeeper's keys, and believe nothing else.
 */
export interface Application {
  /** @throws TokenRefused */
  verify(token: string): Promise<SignedIn>;
}

export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

const seat = z.object({ pool: z.string().nullable(), kind: z.string().nullable() });
const productClaim = z.object({
  state: z.enum(["held", "waiting", "none"]),
  tier: z.string().nullable(),
  wantedTier: z.string().optional(),
  reason: z.string().optional(),
  seat: seat.optional(),
});
const claims = z.object({
  sub: z.string(),
  jti: z.string(),
  exp: z.number(),
  userName: z.string(),
  name: z.string().nullable(),
  teams: z.array(z.string()),
  roles: z.array(z.string()),
  products: z.record(z.string(), productClaim),
});

type Product = z.infer<typeof productClaim>;
export type SignedIn = z.infer<typeof claims> & { readonly token: string };

export interface ApplicationOptions {
  /** Seatkeeper's base URL: the issuer. */
  readonly issuer: string;
  /** This application's own address, as the connection knows it: the audience. */
  readonly applicationUrl: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createApplication({
  issuer,
  applicationUrl,
  now,
}: ApplicationOptions): Application {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const used = new Map<string, number>();

  return {
    async verify(token) {
      const verified = await jwtVerify(token, keys, {
        issuer,
        audience: applicationUrl,
        algorithms: ["ES256"],
        requiredClaims: ["sub", "jti", "exp"],
        currentDate: new Date(now()),
      }).catch((error: unknown) => {
        throw new TokenRefused("The token is not genuine, not for this application, or too old.", {
          cause: error,
        });
      });
      const signedIn = claims.parse(verified.payload);
      for (const [id, expiresAt] of used) if (expiresAt * 1000 < now()) used.delete(id);
      // The token travelled through the browser: whoever finds it there must not use it again.
      if (used.has(signedIn.jti)) throw new TokenRefused("The token has been used before.");
      used.set(signedIn.jti, signedIn.exp);
      return { ...signedIn, token };
    },
  };
}

/** "Acorn Desk", after the sign-in. `moves` is what the practice IdP read from the ledger. */
export function applicationPage(user: SignedIn, moves: readonly Move[]): string {
  const products = Object.entries(user.products);
  const body = markup`<main class="card narrow application">
<p class="muted">Acorn Desk, the example application</p>
<h1>Hello <span dir="auto">${user.name ?? user.userName}</span></h1>
${products.map(([product, claim]) => verdict(product, claim))}
<dl class="facts">
<dt>User name</dt><dd>${user.userName}</dd>
<dt>Teams</dt><dd>${user.teams.join(", ") || "none"}</dd>
<dt>Roles</dt><dd>${user.roles.join(", ") || "none"}</dd>
${products.map(([product, claim]) => productFacts(product, claim))}
</dl>
<section aria-labelledby="moved"><h2 id="moved">What happened at this sign-in</h2>${movesList(moves)}</section>
<details><summary>The verified token</summary><p class="muted">Signature (ES256), issuer, audience and expiry were checked against Seatkeeper’s published keys.</p><pre tabindex="0"><code>${JSON.stringify({ ...user, token: undefined }, null, 2)}</code></pre></details>
<p><a class="button primary" href="/">Back to the people of Acorn</a></p>
</main>`;
  return documentOf({ title: "Acorn Desk", body });
}

/** What the application would do with the answer: let in, or say what is missing and why. */
function verdict(product: string, claim: Product): Markup {
  const name = titleCase(product);
  switch (claim.state) {
    case "held":
      return markup`<p class="verdict">${name}: open, with the tier <strong>${titleCase(claim.tier ?? "")}</strong>${seatWords(claim.seat)}.</p>`;
    case "waiting":
      return markup`<p class="verdict no">${name}: waiting for a seat of the tier <strong>${titleCase(claim.wantedTier ?? "")}</strong>. All are taken; the seat comes by itself.</p>`;
    case "none":
      return markup`<p class="verdict no">${name}: no seat. ${NO_SEAT[claim.reason ?? ""] ?? ""}</p>`;
  }
}

function seatWords(held: Product["seat"]): string {
  if (held?.pool == null) return "";
  const what = held.kind === "concurrent" ? "lease" : `${held.kind ?? ""} seat`;
  return ` (${what} of “${held.pool}”)`;
}

const NO_SEAT: Readonly<Record<string, string>> = {
  NotEligible: "Nothing asks for one.",
  Excluded: "A rule leaves this person out.",
  TierConflict: "No tier offers everything that is needed at once.",
  PoolFull: "All seats are taken.",
  ReservationHeld: "The seats that are free are reserved for others.",
  NoPool: "Nobody has bought this tier.",
};

function productFacts(product: string, claim: Product): Markup {
  const tier = titleCase(claim.tier ?? "no tier");
  return markup`<dt>${titleCase(product)}</dt><dd>${tier}, ${claim.state}</dd>`;
}
