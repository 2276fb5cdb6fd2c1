import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";

/**
 * The interoperability profile (draft-zollner-scim-interop-profile-02): no liberties, and ServiceProviderConfig says so.
 * For providers that conform to it, and for testing a client.
 */
export function strict(): Plugin {
  return definePlugin({
    id: "strict",
    title: "SCIM interoperability profile",
    leniency: {
      createOnMissingTarget: false,
      emptyMeansClear: false,
      ignoreUnknownAttributes: false,
      missingSchemas: false,
      textBooleans: false,
      unquotedFilterValues: false,
      pathlessPatch: false,
      partialReplace: false,
      ignoreUnknownMembers: false,
      // RFC 7643 §3.1 and §4.2: neither externalId nor the name of a group is unique for a server.
      refuseRepeatedGroups: false,
    },
    showsPatchedUser: true,
    interopProfileConformant: true,
    setup: {
      steps: [
        {
          title: "Enter the SCIM address and token",
          text: "Copy the SCIM address of this connection into the base URL of the provider's provisioning settings, and the token as bearer token. The profile asks for TLS 1.3; see that the host in front of this server offers it.",
        },
        {
          title: "Map only what is published",
          text: "Attributes that /Schemas does not list, parts of a member included, are refused with 400 invalidSyntax, and so are a body without schemas and a PATCH operation without a path.",
        },
        {
          title: "Set up sign-in",
          text: "Create a SAML 2.0 application with the entity ID and the reply (ACS) address of this connection, then give the provider's metadata to this connection. Send the same name as NameID that is sent as userName.",
        },
      ],
      nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
      attributes: [
        { theirs: "userName", ours: "userName" },
        { theirs: 'emails[type eq "work"].value', ours: 'emails[type eq "work"].value' },
        { theirs: "active", ours: "active" },
      ],
    },
  });
}
