import type { Plugin } from "../../src/plugin.js";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** In the words of the Microsoft Entra admin center. */
export const setup: NonNullable<Plugin["setup"]> = {
  steps: [
    {
      title: "Create the application",
      text: "Microsoft Entra admin center: Entra ID > Enterprise apps > New application > Create your own application. Enter a name and choose Integrate any other application you don't find in the gallery (Non-gallery).",
    },
    {
      title: "Set up single sign-on",
      text: "Single sign-on > SAML > Basic SAML Configuration > Edit. Identifier (Entity ID): the entity ID of this connection. Reply URL (Assertion Consumer Service URL): its reply (ACS) address. Save.",
    },
    {
      title: "Check the claims",
      text: "Attributes & Claims: leave Unique User Identifier (Name ID) at user.userprincipalname with format Email address. If sign-in is to carry groups: Add a group claim > Groups assigned to the application, source attribute Group ID. Above 150 groups Entra sends a link in place of the groups; the groups then count as unknown and those from provisioning hold.",
    },
    {
      title: "Hand over the metadata",
      text: "SAML Certificates: copy the App Federation Metadata Url (or download the Federation Metadata XML) into this connection.",
    },
    {
      title: "Enter the SCIM address and token",
      text: "Provisioning > New configuration. Tenant URL: the SCIM address of this connection, with ?aadOptscim062020 at its end (Entra then sends the RFC's form; both forms work). Secret token: the token of this connection. Test Connection, then Create.",
    },
    {
      title: "Check the mappings",
      text: "Provisioning > Attribute mapping, for users and for groups. Users: map externalId to objectId in place of mailNickname, which can change. Keep the mapping of active (Switch([IsSoftDeleted], ...)); it is what frees a seat.",
    },
    {
      title: "Assign people and groups",
      text: "Users and groups > Add user/group. Entra does not send the members of groups that are nested in an assigned group: assign those groups themselves.",
    },
    {
      title: "Try one person, then start",
      text: "Provision on demand with one person, then Overview > Start provisioning. Changes arrive about every 40 minutes.",
    },
  ],
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  attributes: [
    { theirs: "userPrincipalName", ours: "userName" },
    { theirs: "objectId (default: mailNickname)", ours: "externalId" },
    { theirs: "Switch([IsSoftDeleted], ...)", ours: "active" },
    { theirs: "displayName", ours: "displayName" },
    { theirs: "givenName", ours: "name.givenName" },
    { theirs: "surname", ours: "name.familyName" },
    { theirs: "mail", ours: 'emails[type eq "work"].value' },
    { theirs: "jobTitle", ours: "title" },
    { theirs: "preferredLanguage", ours: "preferredLanguage" },
    { theirs: "telephoneNumber", ours: 'phoneNumbers[type eq "work"].value' },
    { theirs: "mobile", ours: 'phoneNumbers[type eq "mobile"].value' },
    { theirs: "facsimileTelephoneNumber", ours: 'phoneNumbers[type eq "fax"].value' },
    { theirs: "streetAddress", ours: 'addresses[type eq "work"].streetAddress' },
    { theirs: "city", ours: 'addresses[type eq "work"].locality' },
    { theirs: "state", ours: 'addresses[type eq "work"].region' },
    { theirs: "postalCode", ours: 'addresses[type eq "work"].postalCode' },
    { theirs: "country", ours: 'addresses[type eq "work"].country' },
    { theirs: "physicalDeliveryOfficeName", ours: 'addresses[type eq "other"].formatted' },
    { theirs: "employeeId", ours: `${ENTERPRISE}:employeeNumber` },
    { theirs: "department", ours: `${ENTERPRISE}:department` },
    { theirs: "manager", ours: `${ENTERPRISE}:manager` },
    { theirs: "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])", ours: "roles" },
    { theirs: "group displayName", ours: "Group.displayName" },
    { theirs: "group objectId", ours: "Group.externalId" },
    { theirs: "group members", ours: "Group.members" },
    {
      theirs: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
      ours: "e-mail at sign-in",
    },
    {
      theirs: "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
      ours: "groups at sign-in",
    },
  ],
};
