import type { Plugin } from "../../src/plugin.js";

/** In the words of the PingOne admin console; PingFederate names the same fields alike. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Create the application",
      text: "PingOne: Applications > Applications > + > SAML Application. Enter a name, choose Manually Enter. ACS URLs: the reply (ACS) address of this connection. Entity ID: its entity ID. Save, and switch the application on.",
    },
    {
      title: "Map the attributes",
      text: "Attribute Mappings: saml_subject = Email Address (or the name that is sent as userName), email = Email Address, given_name = Given Name, family_name = Family Name. If sign-in is to carry groups: groups = Group Names.",
    },
    {
      title: "Hand over the metadata",
      text: "Configuration tab: copy the IDP Metadata URL (or download the metadata) into this connection.",
    },
    {
      title: "Create the provisioning connection",
      text: "Integrations > Provisioning > + > New Connection > Identity Store > SCIM Outbound. SCIM Base URL: the SCIM address of this connection. Users Resource: /Users. Groups Resource: /Groups. SCIM Version: 2.0. Authentication Method: OAuth 2 Bearer Token, with the token of this connection. Auth Type Header: Bearer. Test connection.",
    },
    {
      title: "Choose the preferences",
      text: 'User Filter Expression: userName Eq "%s". User Identifier: userName. Allow users to be created, updated, disabled and deprovisioned. Remove Action: Disable (frees the seat, keeps the account) or Delete. Group Membership Handling: Merge or Overwrite.',
    },
    {
      title: "Create the rule",
      text: "Provisioning > + > New Rule: PingOne as source, this connection as target, a user filter, and under Attribute Mapping the attributes below. Add the groups under Group Provisioning. Switch connection and rule on.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  attributes: [
    { theirs: "Username", ours: "userName" },
    { theirs: "Email Address", ours: 'workEmail (emails[type eq "work"].value)' },
    { theirs: "Given Name", ours: "name.givenName" },
    { theirs: "Family Name", ours: "name.familyName" },
    { theirs: "Formatted", ours: "displayName" },
    { theirs: "Title", ours: "title" },
    { theirs: "Enabled", ours: "active" },
    { theirs: "Group", ours: "Group.displayName and members" },
    { theirs: "saml_subject", ours: "user name at sign-in" },
    { theirs: "groups (SAML)", ours: "groups at sign-in" },
  ],
};
