import type { Administration, Clock, Ids } from "../ports.js";
import {
  createServiceProviderKeys,
  createTokenKey,
  readTokenKeys,
  sealServiceProviderKeys,
  unsealServiceProviderKeys,
  type ServiceProviderKeys,
  type TokenKeys,
} from "./keys.js";
import { seal, unseal } from "./seal.js";

export interface KeyStore {
  readonly administration: Pick<Administration, "readSecret" | "createSecret">;
  readonly master: Uint8Array;
  readonly ids: Ids;
  readonly clock: Clock;
  /** Of a new SAML key. */
  readonly rsaBits?: number;
}

const SAML_KEYS = "saml-service-provider";
const TOKEN_KEY = "access-token";

/**
 * The deployment's keys: made at the first start, the same on every node afterwards. Where two nodes start together,
 * the one that stores first wins and both use its keys.
 */
export async function loadKeys(
  keyStore: KeyStore,
): Promise<{ readonly serviceProvider: ServiceProviderKeys; readonly token: TokenKeys }> {
  const { master, ids, clock, rsaBits } = keyStore;
  const [samlSealed, tokenSealed] = await Promise.all([
    stored(keyStore, SAML_KEYS, async () =>
      sealServiceProviderKeys(
        master,
        SAML_KEYS,
        await createServiceProviderKeys(clock.now(), rsaBits),
        ids,
      ),
    ),
    stored(keyStore, TOKEN_KEY, async () => seal(master, TOKEN_KEY, await createTokenKey(), ids)),
  ]);
  return {
    serviceProvider: unsealServiceProviderKeys(master, SAML_KEYS, samlSealed),
    token: await readTokenKeys(unseal(master, TOKEN_KEY, tokenSealed)),
  };
}

async function stored(
  { administration }: KeyStore,
  name: string,
  make: () => Promise<string>,
): Promise<string> {
  return (await administration.readSecret(name)) ?? administration.createSecret(name, await make());
}
