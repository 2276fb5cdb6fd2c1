import type { Administration } from "../ports.js";
import { administerPools } from "./administration/pools.js";
import { administerRules } from "./administration/rules.js";
import { administerSecrets } from "./administration/secrets.js";
import { administerTenants } from "./administration/tenants.js";
import { administerTokens } from "./administration/tokens.js";
import type { Context } from "./context.js";

export function createAdministration(context: Context): Administration {
  return {
    ...administerTenants(context),
    ...administerTokens(context),
    ...administerPools(context),
    ...administerRules(context),
    ...administerSecrets(context),
  };
}
