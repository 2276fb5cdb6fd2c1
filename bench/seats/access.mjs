import { closedLoop, ms, openLoop, someOf, whole } from "./load.mjs";
import { startBench } from "../support/server.mjs";
import { inParallel } from "../support/measure.mjs";

/** May this person use this now? In this process, and over HTTP against a server in a process of its own. */
const CALLERS = 8;
const ASKED = 20_000;
const QUESTIONS = 100_000;
const WRITES_PER_SECOND = 20;
const OVER_HTTP = { people: 2_000, questions: 10_000, perSecond: 500 };
const CAUSE = { type: "scim", action: "user.updated", actor: "bench", requestId: null };

/**
 * @param {import("./world.mjs").World} world
 * @param {{ organisationId: string, ids: readonly string[] }} tenant of people who have seats
 */
export async function measureAccess({ app, kind, another }, { organisationId, ids }) {
  const asked = ids.slice(0, ASKED);
  const questions = someOf(asked, QUESTIONS);
  const ask = (actions) => async (userId) => {
    const access = await actions.askSeat(organisationId, { userId, product: "support" });
    if (!access.permitted) throw new Error(`refused: ${access.reason}`);
  };
  const row = (what, { perSecond, p50, p99 }) => [
    `${kind}: ${what}`,
    whole(perSecond),
    ms(p50),
    ms(p99),
  ];
  const here = ask(app.actions);
  const rows = [
    row("each for the first time", await closedLoop(asked, CALLERS, here)),
    row("asked before", await closedLoop(questions, CALLERS, here)),
  ];
  const meanwhile = async (actions, what) => {
    const stop = writing(actions, organisationId, ids.slice(-1_000));
    rows.push(row(what, await openLoop(questions.slice(0, 20_000), 5_000, here)));
    await stop();
  };
  await meanwhile(app.actions, `5,000 a second, this node writes ${WRITES_PER_SECOND} a second`);
  const node = await another();
  try {
    await meanwhile(
      node.actions,
      `5,000 a second, another node writes ${WRITES_PER_SECOND} a second`,
    );
  } finally {
    await node.close();
  }
  return rows;
}

/** Somebody's title changes, again and again. @returns what ends it */
function writing(actions, organisationId, ids) {
  let isStopped = false;
  const done = (async () => {
    for (let turn = 0; !isStopped; turn += 1) {
      const userId = ids[turn % ids.length];
      await actions.giveByHand(
        organisationId,
        userId,
        { kind: "team", name: `team ${turn % 7}`, value: true },
        "bench",
        CAUSE,
      );
      await new Promise((resolve) => setTimeout(resolve, 1_000 / WRITES_PER_SECOND));
    }
  })();
  return async () => {
    isStopped = true;
    await done;
  };
}

/** @param {"sqlite" | "mariadb"} kind */
export async function measureAccessOverHttp(kind) {
  const { people, questions, perSecond } = OVER_HTTP;
  const bench = await startBench(kind);
  try {
    const pool = ["--product", "support", "--tiers", "standard", "--capacity", String(people)];
    bench.cli("pool", "create", "acorn", "desk", ...pool);
    const ids = [];
    await inParallel([...Array(people).keys()], 32, async (index) => {
      const userName = `user${index}@acorn.example`;
      ids.push((await bench.scim("POST", "/Users", { userName, externalId: userName })).body.id);
    });
    const ask = async (userId) => {
      const { status, body } = await bench.api("POST", "/seats/ask", {
        userId,
        product: "support",
      });
      if (status !== 200 || !body.permitted) throw new Error(`${status}: ${JSON.stringify(body)}`);
    };
    await closedLoop(someOf(ids, questions), CALLERS, ask);
    const steady = await openLoop(someOf(ids, questions), perSecond, ask);
    const fastest = await closedLoop(someOf(ids, questions), 32, ask);
    const row = (what, { perSecond: rate, p50, p99 }) => [
      `${kind}, over HTTP: ${what}`,
      whole(rate),
      ms(p50),
      ms(p99),
    ];
    return [
      row(`${perSecond} a second`, steady),
      row("as fast as it goes, 32 connections", fastest),
    ];
  } catch (error) {
    console.error(bench.troubles.join("\n"));
    throw error;
  } finally {
    await bench.stop();
  }
}
