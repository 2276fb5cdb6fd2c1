import type { Plugin } from "../../src/plugin.js";

/** In the words of the Keycloak admin console. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Install the extension",
      text: "Keycloak itself sends no SCIM. Put the jar of keycloak-scim into the providers folder of Keycloak and restart it.",
    },
    {
      title: "Create the SAML client",
      text: "Clients > Create client. Client type: SAML. Client ID: the entity ID of this connection. Valid redirect URIs and Master SAML Processing URL: its reply (ACS) address. Name ID format: email or username, the same that is sent as userName. Sign documents and Sign assertions: On. Client signature required: Off, unless this connection signs its requests.",
    },
    {
      title: "Add the mappers",
      text: "Client scopes > the dedicated scope of the client > Add mapper: predefined mappers X500 email, X500 givenName and X500 surname. If sign-in is to carry groups: By configuration > Group list, name groups, Full group path Off.",
    },
    {
      title: "Hand over the metadata",
      text: "Realm settings > General > SAML 2.0 Identity Provider Metadata: give its address to this connection.",
    },
    {
      title: "Enter the SCIM address and token",
      text: "User federation > Add scim provider. SCIM 2.0 endpoint: the SCIM address of this connection. Endpoint content type: application/scim+json. Auth mode: BEARER, with the token of this connection. Enable user propagation and group propagation; switch Import during sync off, or on with action Nothing.",
    },
    {
      title: "Send changes as they happen",
      text: "Realm settings > Events > Event listeners: add scim. Then Sync all users once, from the menu of the provider.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
  attributes: [
    { theirs: "username", ours: "userName" },
    { theirs: "id", ours: "externalId" },
    { theirs: "email", ours: "emails[primary eq true].value" },
    { theirs: "first and last name", ours: "displayName" },
    { theirs: "enabled", ours: "active" },
    { theirs: "roles with the attribute scim = true", ours: "roles" },
    { theirs: "group", ours: "Group.displayName, externalId and members" },
    { theirs: "urn:oid:1.2.840.113549.1.9.1 (X500 email)", ours: "e-mail at sign-in" },
    { theirs: "groups (SAML)", ours: "groups at sign-in" },
  ],
};
