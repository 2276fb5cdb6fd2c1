import type { Catalogue } from "../domain/catalogue.js";
import { linksToAsk, whoIsMeant } from "../domain/people/identity.js";
import { World } from "../domain/world.js";
import type { Connection, Id, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { rehearseSignIn } from "../domain/signIn/rehearseSignIn.js";
import type { SignIn } from "../domain/signIn/signIn.js";
import type { SignInForecast } from "../domain/signIn/signInReport.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";
import type { SignInTest } from "../ports/signInTests.js";
import { setupChange } from "./setupChange.js";
import { hashOfToken } from "../token.js";

/** Practice sign-ins: a real round trip to the identity provider that opens no session and changes nothing. */

const SECRET_BYTES = 24;
const LIFETIME_MS = 15 * 60_000;

export interface NewSignInTest {
  readonly id: Id;
  /** For the one-time address; only its hash is stored. */
  readonly secret: string;
  readonly expiresAt: Timestamp;
}

interface TestDeps {
  readonly store: Pick<Store, "signInTests" | "clock">;
  readonly ids: Ids;
}

/** @throws SeatkeeperError Conflict for a connection without SAML, or one that is switched off */
export async function createSignInTest(
  { store, ids }: TestDeps,
  { id: connectionId, organisationId, saml, enabled }: Connection,
  by: string,
  cause?: Cause,
): Promise<NewSignInTest> {
  if (saml === null || !enabled) {
    throw new SeatkeeperError("Conflict", {
      sentence:
        saml === null
          ? "The connection has no SAML settings yet: give it the identity provider's metadata first."
          : "The connection is switched off: enable it first.",
    });
  }
  const now = store.clock.now();
  const secret = ids.secret(SECRET_BYTES);
  const made = { id: ids.next(), expiresAt: now + LIFETIME_MS };
  const secretHash = hashOfToken(secret);
  const test = { ...made, organisationId, connectionId, secretHash, createdBy: by, createdAt: now };
  const details = { connectionId, signInTest: made.id };
  await store.signInTests.create(test, setupChange({ store }, cause, details));
  return { ...made, secret };
}

/** @throws SeatkeeperError NotFound, also when its time is over */
export async function signInTestOf(
  { store }: Pick<TestDeps, "store">,
  { id: connectionId, organisationId }: Connection,
  id: Id,
): Promise<SignInTest> {
  const test = await store.signInTests.find(
    { organisationId, connectionId, id },
    store.clock.now(),
  );
  if (test === null) throw new SeatkeeperError("NotFound");
  return test;
}

export interface SignInRehearsal {
  /** What the sign-in would do. Saves nothing. */
  rehearseSignIn(
    organisationId: Id,
    attempt: Omit<SignIn, "requestId" | "fresh">,
  ): Promise<SignInForecast>;
}

interface RehearsalDeps {
  readonly store: Pick<Store, "write">;
  readonly catalogue: Catalogue;
  readonly ids: Ids;
}

const CAUSE: Cause = { type: "saml", action: "signIn", actor: "system", requestId: null };
/** As many as one person could need or displace. */
const CANDIDATES = 4;

export function createSignInRehearsal({ store, catalogue, ids }: RehearsalDeps): SignInRehearsal {
  return {
    rehearseSignIn: async (organisationId, attempt) => {
      // In a transaction, so that all of it is of one moment; one that saves nothing does not wait for the disk.
      const snapshot = await store.write(organisationId, async (tx) => {
        const loaded = await tx.load({ ...whoIsMeant(attempt), candidates: CANDIDATES });
        const links = linksToAsk(new World(loaded), attempt);
        if (links === null) return loaded;
        const { identities } = await tx.load(links);
        return { ...loaded, identities: new Map([...loaded.identities, ...identities]) };
      });
      return rehearseSignIn(
        snapshot,
        { catalogue, cause: CAUSE, nextId: () => ids.next() },
        attempt,
      );
    },
  };
}
