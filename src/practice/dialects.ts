import type { Dialect } from "./dialect.js";
import { entraDialect } from "./dialectEntra.js";
import { genericDialect } from "./dialectGeneric.js";
import { oktaDialect } from "./dialectOkta.js";
import type { DialectId } from "./state.js";

export const DIALECTS: Readonly<Record<DialectId, Dialect>> = {
  generic: genericDialect,
  okta: oktaDialect,
  entra: entraDialect,
};
