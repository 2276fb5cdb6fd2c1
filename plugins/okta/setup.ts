import type { Plugin } from "../../src/plugin.js";

/** In the words of the Okta Admin Console. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Create the application",
      text: "Admin Console: Applications > Applications > Create App Integration > SAML 2.0 > Next. Enter a name and click Next.",
    },
    {
      title: "Configure SAML",
      text: "Single sign-on URL: the reply (ACS) address of this connection. Audience URI (SP Entity ID): its entity ID. Name ID format: EmailAddress. Application username: Okta username.",
    },
    {
      title: "Add the attribute statements",
      text: "Attribute Statements: email = user.email, firstName = user.firstName, lastName = user.lastName, displayName = user.displayName. Group Attribute Statements (if sign-in is to carry groups): groups, with a filter that matches the groups that matter.",
    },
    {
      title: "Hand over the metadata",
      text: "Finish the wizard, open the Sign On tab and copy the Metadata URL (or download the metadata) into this connection.",
    },
    {
      title: "Switch on SCIM",
      text: "General tab > App Settings > Edit > Provisioning: SCIM > Save. A Provisioning tab appears.",
    },
    {
      title: "Enter the SCIM address and token",
      text: "Provisioning tab > Integration > Edit. SCIM connector base URL: the SCIM address of this connection. Unique identifier field for users: userName. Supported provisioning actions: Push New Users, Push Profile Updates, Push Groups. Authentication Mode: HTTP Header, with the token of this connection. Test Connector Configuration, then Save.",
    },
    {
      title: "Allow the changes",
      text: "Provisioning tab > To App > Edit: enable Create Users, Update User Attributes and Deactivate Users, then Save. Okta never deletes; deactivation is what frees a seat.",
    },
    {
      title: "Assign people",
      text: "Assignments tab > Assign: choose the people or groups who are to have an account.",
    },
    {
      title: "Push groups",
      text: "Push Groups tab > Push Groups: choose the groups whose membership matters. Use other groups than those of the Assignments tab: Okta does not support one group for both.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  attributes: [
    { theirs: "userName (login)", ours: "userName" },
    { theirs: "email", ours: 'emails[type eq "work"].value' },
    { theirs: "givenName (firstName)", ours: "name.givenName" },
    { theirs: "familyName (lastName)", ours: "name.familyName" },
    { theirs: "middleName", ours: "name.middleName" },
    { theirs: "honorificPrefix", ours: "name.honorificPrefix" },
    { theirs: "honorificSuffix", ours: "name.honorificSuffix" },
    { theirs: "displayName", ours: "displayName" },
    { theirs: "nickName", ours: "nickName" },
    { theirs: "profileUrl", ours: "profileUrl" },
    { theirs: "primaryPhone", ours: 'phoneNumbers[type eq "work"].value' },
    {
      theirs: "streetAddress, city, state, zipCode, countryCode",
      ours: 'addresses[type eq "work"]',
    },
    { theirs: "preferredLanguage", ours: "preferredLanguage" },
    { theirs: "locale", ours: "locale" },
    { theirs: "timezone", ours: "timezone" },
    { theirs: "userType", ours: "userType" },
    { theirs: "title", ours: "title" },
    {
      theirs: "employeeNumber",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    },
    {
      theirs: "costCenter",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
    },
    {
      theirs: "organization",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization",
    },
    {
      theirs: "division",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
    },
    {
      theirs: "department",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    },
    {
      theirs: "managerId",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    },
    { theirs: "pushed group", ours: "Group.displayName and members" },
  ],
};
