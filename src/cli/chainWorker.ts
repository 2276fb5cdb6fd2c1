import { parentPort } from "node:worker_threads";
import { areChained } from "../verify/verify.js";
import { type Offer, STATE } from "./chainThread.js";
import { linesOf } from "./ledgerText.js";

/** Entry of a worker thread: are these lines chained? chainThread.ts holds the other end. */
const port = parentPort;
if (port === null) throw new TypeError("chainWorker must run in a worker thread");

port.on("message", ({ text, previous, state }: Offer) => {
  if (Atomics.compareExchange(state, 0, STATE.open, STATE.taken) !== STATE.open) return;
  const isRight = areChained(linesOf(text), previous);
  Atomics.store(state, 0, isRight ? STATE.confirmed : STATE.unconfirmed);
  Atomics.notify(state, 0);
});
