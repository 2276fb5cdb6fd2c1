import { expect, it } from "@jest/globals";
import { createActions } from "../../../src/actions/index.js";
import { loadCatalogue } from "../../../src/catalogueFile.js";
import { NO_BRAKE_YET, type HeldLoss } from "../../../src/domain/brake/brake.js";
import type { Cause } from "../../../src/domain/history.js";
import { systemIds } from "../../../src/store/index.js";
import { quiet, type Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

const catalogue = loadCatalogue("config/catalogue.yaml");
const CAUSE: Cause = { type: "admin", action: "brake.limited", actor: "admin", requestId: null };

/** What src/actions/reconcile.ts takes at once. */
const PORTION = 200;

/** The brake counts what a large change takes; whatever happens to the process meanwhile, it comes to an end (I22). */
export function countingContract({ open }: Subject): void {
  const openLoss = (state: HeldLoss["state"]): HeldLoss => ({
    ...{ id: "held", at: AT, state, seats: PORTION, cause: CAUSE },
  });

  it("has work while the brake counts, also where nobody is left to evaluate, and no longer", async () => {
    const own = await open();
    const tenant = await createTenant(own.store);
    await createTenant(own.store);
    for (const [state, work] of [
      ["Counting", [tenant.organisationId]],
      ["NeedsApproval", []],
    ] as const) {
      await tenant.save({ brakeChanged: [{ ...NO_BRAKE_YET, open: openLoss(state) }] });
      expect(await own.store.organisationsWithWork(AT)).toEqual(work);
    }
    await own.store.close();
  });

  /** Seats that nothing claims any more, as after the end of a rule; and everybody is to be looked at. */
  async function unclaimed(tenant: Tenant, count: number): Promise<readonly string[]> {
    const fields = { product: "analytics", tiers: ["viewer"], capacity: 1_000 };
    const pool = tenant.pool(fields, { acquireOn: "provision" });
    await tenant.store.administration.createPool(pool);
    const users = Array.from({ length: count }, () => tenant.user());
    const seats = users.map((user) => tenant.seat(pool, user));
    await tenant.save({ usersInserted: users, seatsInserted: seats });
    await tenant.store.administration.markAllStale(tenant.organisationId);
    return users.map(({ id }) => id).sort();
  }

  it.each([
    { people: PORTION, portions: 1, leaves: 0 },
    { people: 2 * PORTION, portions: 2, leaves: 0 },
    { people: PORTION + 1, portions: 1, leaves: 0 },
    { people: PORTION + 1, portions: 1, leaves: 1 },
  ])(
    "I22: a server killed after $portions full portions of $people people, of whom $leaves is deleted meanwhile, counts to the end when it is back",
    async ({ people, portions, leaves }) => {
      const own = await open();
      const { store } = own;
      const tenant = await createTenant(store);
      const { organisationId } = tenant;
      const started = () => createActions({ store, catalogue, ids: systemIds, logger: quiet });
      const ids = await unclaimed(tenant, people);
      const killed = started();
      await killed.limitBrake(organisationId, { seats: 10, percent: 5 }, CAUSE);
      for (let done = 0; done < portions; done++) {
        expect(await killed.reconcile(organisationId)).toBe(PORTION);
      }
      const counted = portions * PORTION;
      const { open: counting } = await killed.brakeOf(organisationId);
      expect(counting).toMatchObject({ state: "Counting", seats: counted });
      for (const id of leaves === 0 ? [] : ids.slice(-leaves)) {
        await killed.deleteUser(tenant.scope, { id }, CAUSE);
      }

      const back = started();
      await back.reconcileAll();
      const { open: held } = await back.brakeOf(organisationId);
      const seats = people - leaves;
      expect(held).toMatchObject({ id: counting?.id, state: "NeedsApproval", seats });
      expect(await store.organisationsWithWork(store.clock.now())).toEqual([]);
      const loss = { id: held?.id ?? "", state: "approved" } as const;
      expect(await back.decideHeldLoss(organisationId, loss, CAUSE)).toMatchObject({ seats });
      await back.reconcileAll();
      expect([...(await tenant.load()).pools.values()].map(({ used }) => used)).toEqual([0]);
      await store.close();
    },
    60_000,
  );
}
