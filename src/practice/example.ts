import { z } from "zod";
import type { SeatkeeperApi } from "./api.js";

/**
 * What Acorn has bought and who is to get it: pools and mapping rules, made through the admin API like any customer's.
 * What is there already, by name, is left as it is.
 */

export const ORGANISATION = { slug: "acorn", name: "Acorn" } as const;

interface PoolExample {
  readonly name: string;
  readonly product: string;
  readonly tiers: readonly string[];
  readonly kind: "locked" | "shared" | "concurrent";
  readonly capacity: number;
  readonly policy: Readonly<Record<string, string | number>>;
}

export const POOLS: readonly PoolExample[] = [
  {
    // Named seats: given when somebody needs one, kept until nobody says so any longer.
    name: "Professionals",
    product: "support",
    tiers: ["professional", "enterprise"],
    kind: "locked",
    capacity: 12,
    policy: { acquireOn: "provision", onFull: "wait" },
  },
  {
    // Sixteen agents, three seats: whoever signs in takes over from the least recently used.
    name: "Shared standard",
    product: "support",
    tiers: ["standard"],
    kind: "shared",
    capacity: 3,
    policy: { acquireOn: "signIn", onFull: "evictLeastRecentlyUsed", evictionOrder: "lastUsed" },
  },
  {
    // Too small on purpose: two engineers have to wait until one of the others leaves.
    name: "Developers",
    product: "support",
    tiers: ["developer"],
    kind: "locked",
    capacity: 2,
    policy: { acquireOn: "provision", onFull: "wait" },
  },
  {
    name: "Dashboards",
    product: "support",
    tiers: ["dashboard"],
    kind: "locked",
    capacity: 5,
    policy: { acquireOn: "provision", onFull: "wait" },
  },
  {
    // Five at a time, whoever they are; the sixth waits until somebody leaves or a lease runs out.
    name: "Analytics leases",
    product: "analytics",
    tiers: ["viewer", "analyst"],
    kind: "concurrent",
    capacity: 5,
    policy: { acquireOn: "signIn", onFull: "wait", leaseSeconds: 900 },
  },
];

interface RuleExample {
  readonly name: string;
  readonly match: Readonly<Record<string, string>>;
  readonly gives: object;
}

export const RULES: readonly RuleExample[] = [
  {
    name: "Everybody belongs to Acorn",
    match: { type: "everyone" },
    gives: { teams: ["Acorn"] },
  },
  {
    name: "Support agents",
    match: { type: "groupName", name: "Support Agents" },
    gives: { teams: ["Support"], roles: ["user"], settings: { skills: 1 } },
  },
  {
    // A team leader's permissions need Professional, and reports come with the job.
    name: "Team leads",
    match: { type: "groupName", name: "Team Leads" },
    gives: { teams: ["Support"], roles: ["team-leader", "report-reader"] },
  },
  {
    // The workspace permission of an administrator needs Enterprise.
    name: "Administrators",
    match: { type: "groupName", name: "Administrators" },
    gives: { teams: ["Support"], roles: ["administrator"] },
  },
  {
    // Keeping statistics about somebody needs Professional.
    name: "Statistics",
    match: { type: "groupName", name: "Statistics" },
    gives: { settings: { statistics: true }, roles: ["report-reader"] },
  },
  {
    // Recorded calls are an add-on below Enterprise: the tier stays.
    name: "Night shift",
    match: { type: "groupName", name: "Night Shift" },
    gives: { teams: ["Night Shift"], settings: { "call-recording": true } },
  },
  {
    name: "Engineers build on the platform",
    match: { type: "attribute", attribute: "department", equals: "Engineering" },
    gives: { teams: ["Engineering"], permissions: ["workflow.configure", "api.advanced"] },
  },
  {
    // No skills and nothing but the Dashboard tab: the lowest tier is enough.
    name: "Management watches dashboards",
    match: { type: "attribute", attribute: "department", equals: "Management" },
    gives: { teams: ["Management"], permissions: ["tab.dashboard"], settings: { skills: 0 } },
  },
  {
    // A billing contact needs no seat of the support product.
    name: "Finance pays and reports",
    match: { type: "attribute", attribute: "department", equals: "Finance" },
    gives: { teams: ["Finance"], roles: ["billing-contact", "report-author"] },
  },
  {
    name: "The People department is left out",
    match: { type: "attribute", attribute: "department", equals: "People" },
    gives: { teams: ["People"], exclusions: ["support"] },
  },
];

const named = z.object({ items: z.array(z.object({ name: z.string() })) });
const organisations = z.object({ items: z.array(z.object({ slug: z.string() })) });
const anything = z.unknown();

export async function ensureOrganisation(api: SeatkeeperApi): Promise<void> {
  const { items } = await api.get("/organisations", organisations);
  if (items.some(({ slug }) => slug === ORGANISATION.slug)) return;
  await api.send("POST", "/organisations", ORGANISATION, anything);
}

export async function ensurePools(api: SeatkeeperApi): Promise<void> {
  await ensureNamed(api, "pools", POOLS);
}

/** After the pools: a rule may name one. */
export async function ensureRules(api: SeatkeeperApi): Promise<void> {
  await ensureNamed(api, "rules", RULES);
}

async function ensureNamed(
  api: SeatkeeperApi,
  what: "pools" | "rules",
  examples: readonly { readonly name: string }[],
): Promise<void> {
  const path = `/organisations/${ORGANISATION.slug}/${what}`;
  const { items } = await api.get(path, named);
  const present = new Set(items.map(({ name }) => name));
  for (const example of examples) {
    if (!present.has(example.name)) await api.send("POST", path, example, anything);
  }
}
