import { listKeys, type ListedKey } from "../actions/rotateKeys.js";
import { masterKeys } from "../config/masterKeys.js";
import { certificateFacts } from "../saml/certificates.js";
import { readServiceProviderKeys } from "../saml/keys.js";
import { unsealEither } from "../saml/seal.js";
import type { CommandContext } from "./context.js";
import type { Finding } from "./io.js";
import { DAY_MS } from "../domain/durations.js";

const WARNING_DAYS = 60;
/** A key that waits for its turn for longer was most likely forgotten. */
const FORGOTTEN_DAYS = 60;

/** Our own keys: that they can be opened, under which secret, and whether it is time for new ones. */
export async function ownKeyFindings({ config, deps, again }: CommandContext): Promise<Finding[]> {
  const { store } = deps;
  if ((await store.pendingMigrations()).length > 0) return [];
  const sealed = new Map((await store.keys.listSecrets()).map(({ name, value }) => [name, value]));
  const masters = masterKeys(config);
  const now = store.clock.now();
  const findings = (await listKeys(deps)).flatMap((key) => {
    const value = sealed.get(key.name);
    return key.state === "ended" || value === undefined
      ? []
      : findingOf(key, value, { masters, now, again });
  });
  return findings.length > 0 ? findings : [{ check: "own keys", state: "ok", message: "in order" }];
}

function findingOf(
  { name, purpose, state, createdAt }: ListedKey,
  value: string,
  parts: Pick<CommandContext, "again"> & {
    readonly masters: ReturnType<typeof masterKeys>;
    readonly now: number;
  },
): Finding[] {
  const { masters, now, again } = parts;
  const check = `own key (${name})`;
  const { text, isOld } = unsealEither(masters, name, value);
  const warn = (message: string): Finding => ({ check, state: "warning", message });
  const found: Finding[] = [];
  if (isOld) {
    const advice = `Run: ${again("keys rotate master")}`;
    found.push(warn(`It is sealed under the previous master secret. ${advice}`));
  }
  if (state === "announced" && now - createdAt > FORGOTTEN_DAYS * DAY_MS) {
    found.push(warn(`It has long been waiting. Run: ${again(`keys switch ${purpose}`)}`));
  }
  if (purpose === "saml" && state === "signing") {
    const { expiresAt } = certificateFacts(readServiceProviderKeys(text).certificate);
    if (expiresAt - now < WARNING_DAYS * DAY_MS) {
      const date = new Date(expiresAt).toISOString().slice(0, 10);
      found.push(warn(`Its certificate ends on ${date}. Run: ${again("keys rotate saml")}`));
    }
  }
  return found;
}
