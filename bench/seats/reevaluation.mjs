import { saveRule } from "../../dist/src/actions/administer.js";
import { timed } from "../support/measure.mjs";
import { whole } from "./load.mjs";

/**
 * Everybody is looked at again in the background: the first time (all get a seat), after a rule that raises the tier of
 * three in ten, and after a change of the pool that changes nobody.
 */
const SHARE_OF_LEADS = 0.3;
const CAUSE = { type: "admin", action: "pool.changed", actor: "bench", requestId: null };

/** @param {import("./world.mjs").World} world @param {{ people: number }} sizes */
export async function measureReevaluation({ app, kind, tenant }, { people }) {
  const acorn = await tenant("all");
  const { organisationId } = acorn;
  const ids = await acorn.people(people);
  await acorn.group("Leads", ids.slice(0, people * SHARE_OF_LEADS));
  const row = async (what, change) => {
    const cpu = process.cpuUsage();
    const milliseconds = await timed(async () => {
      await change();
      await acorn.settled();
    });
    const { user, system } = process.cpuUsage(cpu);
    return [
      `${kind}: ${what}`,
      (milliseconds / 1_000).toFixed(1),
      whole((people / milliseconds) * 1_000),
      ((user + system) / 1e6).toFixed(1),
    ];
  };
  let pool;
  const rows = [
    await row("everybody gets a seat", async () => {
      pool = await acorn.pool({});
    }),
    await row("a rule raises the tier of three in ten", () =>
      saveRule(app.administer, organisationId, {
        name: "leads",
        match: { type: "groupName", name: "Leads" },
        gives: { roles: ["team-leader"] },
      }),
    ),
    await row("a change of the pool that changes nobody", () =>
      app.actions.changePool(
        organisationId,
        pool.id,
        { policy: { ...pool.policy, minHoldSeconds: 7 } },
        CAUSE,
      ),
    ),
  ];
  return { rows, organisationId, ids };
}
