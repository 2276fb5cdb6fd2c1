import type { Plugin } from "../../src/plugin.js";

/** In the words of the OneLogin administration. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Add the connector",
      text: "Applications > Applications > Add App. Search for SCIM Provisioner with SAML (SCIM v2 Core) and add it.",
    },
    {
      title: "Configure SAML",
      text: "Configuration tab. SAML Audience URL: the entity ID of this connection. SAML Consumer URL: its reply (ACS) address.",
    },
    {
      title: "Enter the SCIM address and token",
      text: "On the same tab. SCIM Base URL: the SCIM address of this connection. SCIM Bearer Token: its token. Custom Headers: Content-Type: application/scim+json. Leave the SCIM JSON Template as it is. API Connection: Enable, then Save.",
    },
    {
      title: "Name the parameters",
      text: "Parameters tab. scimusername: Email (or the name under which people sign in). For sign-in add the fields email, firstName, lastName, and groups (multi-value, User Roles or MemberOf), each with Include in SAML assertion ticked.",
    },
    {
      title: "Hand over the metadata",
      text: "More Actions > SAML Metadata: give the file to this connection.",
    },
    {
      title: "Switch provisioning on",
      text: "Provisioning tab. Enable provisioning. When users are deleted in OneLogin, or the user's app access is removed, perform: Suspend (frees the seat, keeps the account) or Delete. Save.",
    },
    {
      title: "Choose groups",
      text: "Parameters tab > Groups > Include in User Provisioning, and a rule on the Rules tab that sets groups, for example from roles. Refresh Entitlements on the Provisioning tab reads the groups that exist here.",
    },
    {
      title: "Assign people",
      text: "Access tab or Users > Roles. New people appear under Pending until approved, unless approval is switched off on the Provisioning tab.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  attributes: [
    { theirs: "scimusername", ours: "userName" },
    { theirs: "Email", ours: 'emails[type eq "work"].value' },
    { theirs: "First Name", ours: "name.givenName" },
    { theirs: "Last Name", ours: "name.familyName" },
    { theirs: "Title", ours: "title" },
    {
      theirs: "Department",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    },
    {
      theirs: "Manager",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    },
    { theirs: "Groups", ours: "Group.displayName and members" },
    { theirs: "User.email (SAML)", ours: "e-mail at sign-in" },
    { theirs: "memberOf (SAML)", ours: "groups at sign-in" },
  ],
};
