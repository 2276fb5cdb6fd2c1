import type { LogoutService, SamlBinding } from "../domain/signIn/samlFlows.js";
import { attributeOf, childrenNamed, type XmlElement } from "./xml.js";

const BINDINGS: readonly (readonly [SamlBinding, string])[] = [
  ["redirect", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"],
  ["post", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"],
];

/**
 * Where the provider takes logout messages (SAML metadata §2.4.2), by redirect where it offers that: a redirect also
 * works in the frames in which some providers log their services out.
 * @param usable undefined for an address to which browsers must not be sent
 */
export function logoutService(
  role: XmlElement,
  usable: (url: string | undefined) => string | undefined,
): LogoutService | undefined {
  const services = childrenNamed(role, "metadata", "SingleLogoutService");
  for (const [binding, name] of BINDINGS) {
    const service = services.find((element) => attributeOf(element, "Binding") === name);
    const url = usable(service && attributeOf(service, "Location"));
    if (service === undefined || url === undefined) continue;
    const responseUrl = usable(attributeOf(service, "ResponseLocation"));
    return { url, binding, ...(responseUrl === undefined ? {} : { responseUrl }) };
  }
  return undefined;
}
