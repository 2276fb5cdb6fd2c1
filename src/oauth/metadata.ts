import { ALGORITHMS } from "./assertion.js";

/** The only scope: everything that a SCIM token may do. */
export const SCOPE = "scim";

export const ISSUER_PATH = "/oauth";

/** RFC 8414 §2. Depends on nothing but the address, so it tells nobody which connections exist. */
export function metadataOf(baseUrl: string, connectionId: string) {
  const issuer = `${baseUrl}${ISSUER_PATH}/${connectionId}`;
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    grant_types_supported: ["client_credentials"],
    response_types_supported: [],
    scopes_supported: [SCOPE],
    token_endpoint_auth_methods_supported: [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
    ],
    token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
  };
}
