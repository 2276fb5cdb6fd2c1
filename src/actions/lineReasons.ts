import type { Names } from "../domain/billing/presented.js";
import type { Line } from "../domain/billing/portions.js";
import { isNeeded, needsFacts, reasonsOf } from "../domain/billing/reasons.js";
import { tenureKey } from "../domain/billing/tenure.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Fact, Id, Pool, Reason, Requirement, User } from "../domain/directory.js";
import type { Store } from "../ports.js";

/** Why each line of an invoice is charged, with the names of the groups that are behind it. */

interface ReasonsDeps {
  readonly store: Pick<Store, "insights">;
  readonly catalogue: Catalogue;
}

interface Charged {
  readonly pools: readonly Pool[];
  readonly users: readonly User[];
  readonly lines: readonly Line[];
}

const USERS_A_READ = 500;
const GROUPS_A_READ = 1_000;

export async function lineReasons(
  { store: { insights }, catalogue }: ReasonsDeps,
  organisationId: Id,
  { pools, users, lines }: Charged,
): Promise<Pick<Names, "groups" | "reasonsOf">> {
  const ids = users.map(({ id }) => id);
  const requirements = new Map<string, Requirement>();
  for (const one of await insights.requirements(organisationId, ids)) {
    requirements.set(tenureKey(one.userId, one.product), one);
  }
  const neededBy = (line: Line): Requirement | null => {
    const found = requirements.get(tenureKey(line.userId ?? "", line.product));
    return found !== undefined && isNeeded(line, found) ? found : null;
  };
  const asked = lines.flatMap((line) => {
    const requirement = neededBy(line);
    return requirement !== null && needsFacts(line, requirement) ? requirement.userId : [];
  });
  const facts = await factsOf(insights, organisationId, [...new Set(asked)]);
  const productOf = new Map(pools.map(({ name, product }) => [name, product]));
  const reasons = new Map<Line, readonly Reason[]>();
  for (const line of lines) {
    const requirement = neededBy(line);
    if (requirement === null) continue;
    const known = { requirement, facts: facts.get(requirement.userId) ?? [], pools: productOf };
    reasons.set(line, reasonsOf(catalogue, line, known));
  }
  return {
    groups: await groupNames(insights, organisationId, [...reasons.values()].flat()),
    reasonsOf: (line) => reasons.get(line) ?? [],
  };
}

async function factsOf(
  insights: Store["insights"],
  organisationId: Id,
  userIds: readonly Id[],
): Promise<Map<Id, Fact[]>> {
  const found = new Map<Id, Fact[]>();
  for (let at = 0; at < userIds.length; at += USERS_A_READ) {
    const portion = userIds.slice(at, at + USERS_A_READ);
    for (const fact of await insights.facts(organisationId, portion)) {
      const known = found.get(fact.userId);
      if (known === undefined) found.set(fact.userId, [fact]);
      else known.push(fact);
    }
  }
  return found;
}

/** Those that the reasons name; a group that is gone keeps its id. */
async function groupNames(
  insights: Store["insights"],
  organisationId: Id,
  reasons: readonly Reason[],
): Promise<Map<Id, string>> {
  const steps = reasons.flatMap(({ because }) => because);
  const wanted = new Set(steps.flatMap((step) => /^group:(.+)$/s.exec(step)?.[1] ?? []));
  const names = new Map<Id, string>();
  for (let after: Id | undefined; names.size < wanted.size;) {
    const page = { limit: GROUPS_A_READ, ...(after === undefined ? {} : { after }) };
    const read = await insights.groups(organisationId, page);
    for (const { id, displayName } of read) if (wanted.has(id)) names.set(id, displayName);
    after = read.at(-1)?.id;
    if (read.length < GROUPS_A_READ) break;
  }
  return names;
}
