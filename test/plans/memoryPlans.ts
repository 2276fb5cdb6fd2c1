import { createPlanActions, type Plans } from "../../src/actions/plans.js";
import type { Catalogue } from "../../src/domain/catalogue.js";
import type { Organisation } from "../../src/domain/directory.js";
import type { Store } from "../../src/ports.js";
import type { Plan } from "../../src/ports/plans.js";
import type { MemoryOrganisation } from "../domain/organisation.js";

/** Plans over an organisation in plain maps: the real action, without a database. */
export function memoryPlans(
  org: MemoryOrganisation,
  catalogue: Catalogue,
  ...made: readonly Plan[]
): Plans {
  const plans = new Map(made.map((plan) => [plan.id, plan]));
  const store = {
    clock: { now: () => org.now },
    billing: { settings: () => Promise.resolve(null), modes: () => Promise.resolve([]) },
    administration: { listPools: () => Promise.resolve([...org.pools.values()]) },
    ledger: { head: () => Promise.resolve({ sequence: org.entries.length }) },
    insights: { entries: () => Promise.resolve(org.entries) },
    plans: {
      // As a database keeps it.
      add: (plan: Plan) =>
        Promise.resolve(void plans.set(plan.id, JSON.parse(JSON.stringify(plan)) as Plan)),
      find: (_: string, id: string) => Promise.resolve(plans.get(id) ?? null),
    },
    write: <T>(_: string, work: Parameters<Store["write"]>[1]): Promise<T> =>
      work({
        load: () => Promise.resolve(org.snapshot()),
        save: (changes) => {
          for (const { id, at, by } of changes.plansApplied) {
            const plan = plans.get(id);
            if (plan !== undefined) plans.set(id, { ...plan, appliedAt: at, appliedBy: by });
          }
          org.apply(changes);
          return Promise.resolve();
        },
      }) as Promise<T>,
  };
  return createPlanActions({
    store: store as unknown as Store,
    catalogue,
    ids: { next: org.nextId, secret: () => "" },
    committed: () => undefined,
    planHours: 24,
  });
}

export const ORGANISATION: Organisation = { id: "org", slug: "org", name: "Org", createdAt: 0 };
