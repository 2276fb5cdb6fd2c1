import type { Repaired, ScimRequest } from "../../src/plugin.js";

/**
 * The extension sends all members of a group with every PUT and leaves the attribute out when there are none, which is
 * what RFC 7644 §3.5.1 lets a client do. Elsewhere an omission leaves members alone (case 41); here it would keep the
 * last one who left.
 */
export function repair(request: ScimRequest): Repaired {
  const { method, resource, body } = request;
  const isGroup = typeof body === "object" && body !== null && !Array.isArray(body);
  if (method !== "PUT" || resource !== "Groups" || !isGroup || namesMembers(body)) {
    return { request, adjusted: [] };
  }
  return {
    request: { ...request, body: { ...body, members: [] } },
    adjusted: ["members not mentioned in a PUT -> no members"],
  };
}

function namesMembers(body: object): boolean {
  return Object.keys(body).some((name) => name.toLowerCase() === "members");
}
