import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";

/**
 * Any provider that keeps to RFC 7643 and RFC 7644. It changes nothing and allows what the server allows by default;
 * copy this folder to begin a plugin of your own.
 */
export function generic(): Plugin {
  return definePlugin({
    id: "generic",
    title: "Any SCIM 2.0 provider",
    setup: {
      steps: [
        {
          title: "Enter the SCIM address and token",
          text: "Copy the SCIM address of this connection into the base URL (or tenant URL) of the provider's provisioning settings, and the token as bearer token (HTTP header, OAuth bearer).",
        },
        {
          title: "Map the attributes",
          text: "Map at least userName, name.givenName, name.familyName, the work e-mail address and active. Map externalId to an identifier that never changes.",
        },
        {
          title: "Choose people and groups",
          text: "Assign the people and groups that are to be sent, and start provisioning. Leaving the application or being switched off must send active = false or a delete.",
        },
        {
          title: "Set up sign-in",
          text: "Create a SAML 2.0 application with the entity ID and the reply (ACS) address of this connection, then give the provider's metadata to this connection. Send the same name as NameID that is sent as userName.",
        },
      ],
      nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
      attributes: [
        { theirs: "NameID, uid or mail", ours: "userName" },
        { theirs: "mail or email", ours: 'emails[type eq "work"].value' },
        { theirs: "givenName", ours: "name.givenName" },
        { theirs: "sn", ours: "name.familyName" },
        { theirs: "displayName or cn", ours: "displayName" },
        { theirs: "groups or memberOf", ours: "groups" },
      ],
    },
  });
}
