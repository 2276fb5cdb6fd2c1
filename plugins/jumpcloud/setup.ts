import type { Plugin } from "../../src/plugin.js";

/** In the words of the JumpCloud Admin Portal. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Create the application",
      text: "Admin Portal: Access > SSO Applications > Add New Application > Custom Application. Choose Manage Single Sign-On (SSO) with SAML, and Export users to this app (Identity Management). Enter a name and save.",
    },
    {
      title: "Configure SAML",
      text: "SSO tab. IdP Entity ID: any text that is yours. SP Entity ID: the entity ID of this connection. ACS URLs: its reply (ACS) address. SAMLSubject NameID: email. NameID format: emailAddress. Sign: Response, or Assertion and Response.",
    },
    {
      title: "Map the attributes",
      text: "Attributes: email = email, firstName = firstname, lastName = lastname, displayName = displayname. If sign-in is to carry groups: tick include group attribute and keep the name memberOf.",
    },
    {
      title: "Hand over the metadata",
      text: "Export Metadata, and give the file to this connection.",
    },
    {
      title: "Enter the SCIM address and token",
      text: "Identity Management tab. API type: SCIM API. SCIM version: SCIM 2.0. Base URL: the SCIM address of this connection. Token key: its token. Test user email: an address that nobody has. Switch Enable management of user groups on if groups are to be sent. Test Connection, then Activate.",
    },
    {
      title: "Choose groups",
      text: "User Groups tab: tick the groups whose members are to have accounts, and save. Members and, where switched on, the groups themselves are sent.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  attributes: [
    { theirs: "username or email", ours: "userName" },
    { theirs: "email", ours: 'emails[type eq "work"].value' },
    { theirs: "firstname", ours: "name.givenName" },
    { theirs: "lastname", ours: "name.familyName" },
    { theirs: "displayname", ours: "displayName" },
    { theirs: "jobTitle", ours: "title" },
    {
      theirs: "department",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    },
    {
      theirs: "employeeIdentifier",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    },
    { theirs: "user group", ours: "Group.displayName and members" },
    { theirs: "memberOf (SAML)", ours: "groups at sign-in" },
  ],
};
