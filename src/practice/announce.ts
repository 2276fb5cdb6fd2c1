import type { OpenConnection } from "./connections.js";

/** What a start of the practice mode hands to whoever started it. Tokens are shown here and never again. */
export interface Ready {
  readonly ready: true;
  readonly scim: { readonly baseUrl: string; readonly token: string };
  readonly saml: { readonly metadataUrl: string; readonly loginUrl: string };
  readonly practiceIdp: { readonly url: string };
  readonly api: { readonly baseUrl: string; readonly token: string };
  readonly connections: readonly {
    readonly plugin: string;
    readonly baseUrl: string;
    readonly token: string;
  }[];
}

export interface ReadyParts {
  readonly practice: OpenConnection;
  readonly others: readonly OpenConnection[];
  readonly api: { readonly baseUrl: string; readonly token: string };
  readonly idpUrl: string;
}

export function readyOf({ practice, others, api, idpUrl }: ReadyParts): Ready {
  return {
    ready: true,
    scim: { baseUrl: practice.scim.baseUrl, token: practice.token },
    saml: { metadataUrl: practice.saml.metadataUrl, loginUrl: practice.saml.loginUrl },
    practiceIdp: { url: idpUrl },
    api,
    connections: others.map(({ plugin, scim, token }) => ({
      plugin,
      baseUrl: scim.baseUrl,
      token,
    })),
  };
}

export function readyText(ready: Ready, dataDir: string): string {
  const { scim, saml, practiceIdp, api, connections } = ready;
  const others = connections.flatMap(({ plugin, baseUrl, token }) => [
    `  SCIM, ${plugin} dialect`.padEnd(24) + baseUrl,
    "    token".padEnd(24) + token,
  ]);
  return `
  ****************************************************************
  *  PRACTICE MODE - NOT FOR PRODUCTION                          *
  *  Invented people, no passwords, plain http on this machine.  *
  ****************************************************************

  Begin here            ${practiceIdp.url}

  SCIM, practice IdP    ${scim.baseUrl}
    token               ${scim.token}
${others.join("\n")}
  Admin API             ${api.baseUrl}
    token               ${api.token}
  SAML metadata         ${saml.metadataUrl}
  SAML sign-in          ${saml.loginUrl}
  Data                  ${dataDir}

  The tokens are shown this once; the next start makes new ones.

  Next:
    1. Open ${practiceIdp.url}, press "Sign in as" beside Zoë Müller, then beside three other
       support agents: the fourth takes over the shared seat that was used longest ago.
    2. Deactivate an engineer who has a seat of "Developers": whoever waits first gets it.
    3. Ask like an identity provider:

       curl -s -H 'Authorization: Bearer ${scim.token}' \\
         '${scim.baseUrl}/Users?filter=userName%20eq%20%22zoe.muller@acorn.example%22'

    4. Ask why somebody has a seat or none:

       curl -s -H 'Authorization: Bearer ${api.token}' \\
         '${api.baseUrl}/organisations/acorn/users/zoe.muller@acorn.example'

  Ctrl+C ends it. The people and seats stay in the data folder.
`;
}
