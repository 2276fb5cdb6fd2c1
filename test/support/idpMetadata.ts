import type { TestIdp } from "./samlIdp.js";

/** What the provider publishes, with addresses for these bindings. */
export function idpMetadata(
  { entityId, certificate }: TestIdp,
  bindings = ["HTTP-Redirect", "HTTP-POST"],
): string {
  const services = bindings.map(
    (binding) =>
      `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="https://idp.example.com/${binding}"/>`,
  );
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">` +
    `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate.replace(/-----[A-Z ]+-----/g, "")}` +
    `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>${services.join("")}</IDPSSODescriptor></EntityDescriptor>`
  );
}
