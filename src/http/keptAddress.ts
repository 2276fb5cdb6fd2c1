import type { Request } from "express";
import ipaddr from "ipaddr.js";

/** How much of a browser's address is kept beside its sign-ins. */
export type AddressChoice = "none" | "coarse" | "full";

const COARSE_BITS = { ipv4: 24, ipv6: 48 } as const;

/**
 * coarse: the network (192.0.2.0/24, 2001:db8:7::/48), which is enough to see that somebody came from elsewhere. Null also for
 * what is no address.
 */
export function keptAddress(request: Pick<Request, "ip">, choice: AddressChoice): string | null {
  const text = request.ip ?? "";
  if (choice === "none" || !ipaddr.isValid(text)) return null;
  const address = ipaddr.process(text);
  if (choice === "full") return address.toString();
  const bits = COARSE_BITS[address.kind()];
  return address instanceof ipaddr.IPv4
    ? `${ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/${bits}`).toString()}/${bits}`;
}
