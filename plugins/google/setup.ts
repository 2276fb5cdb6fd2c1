import type { Plugin } from "../../src/plugin.js";

/** In the words of the Google Admin console. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Create the application",
      text: "Admin console: Apps > Web and mobile apps > Add app > Add custom SAML app. Enter a name and click Continue.",
    },
    {
      title: "Hand over the metadata",
      text: "Option 1: Download metadata, and give the file to this connection. Continue.",
    },
    {
      title: "Configure SAML",
      text: "ACS URL: the reply (ACS) address of this connection. Entity ID: its entity ID. Tick Signed response. Name ID format: EMAIL. Name ID: Basic Information > Primary email. Continue.",
    },
    {
      title: "Map the attributes",
      text: "Primary email to email, First name to firstName, Last name to lastName. If sign-in is to carry groups: under Group membership choose them and enter groups as App attribute; Google sends at most 75 names, and only of the groups chosen here. Finish.",
    },
    {
      title: "Switch the application on",
      text: "User access: ON for the organisational units or groups who are to sign in.",
    },
    {
      title: "Configure autoprovisioning",
      text: "Open the app and choose Autoprovisioning. Google offers it for the applications of its catalogue; where your app does not show it, accounts can be provisioned from another source. Access token: the token of this connection. Endpoint URL: its SCIM address.",
    },
    {
      title: "Choose who is provisioned, and what happens to leavers",
      text: "Provisioning scope: the groups whose members are to have accounts. Deprovisioning: switch on all the events that are listed, with the shortest delay; a suspended account frees its seat at once, a delete may follow weeks later.",
    },
    {
      title: "Start",
      text: "Switch autoprovisioning to ON and look at the provisioning log after the first run.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  attributes: [
    { theirs: "Primary email", ours: "userName" },
    { theirs: "Primary email", ours: 'emails[type eq "work"].value' },
    { theirs: "First name", ours: "name.givenName" },
    { theirs: "Last name", ours: "name.familyName" },
    { theirs: "Work phone", ours: 'phoneNumbers[type eq "work"].value' },
    {
      theirs: "Department",
      ours: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    },
    { theirs: "Title", ours: "title" },
    { theirs: "email (SAML)", ours: "e-mail at sign-in" },
    { theirs: "groups (SAML)", ours: "groups at sign-in" },
  ],
};
