import { parentPort } from "node:worker_threads";
import { runVerification, type VerificationJob } from "./verification.js";

/** Entry of a worker thread: one job in, one outcome out. verify.ts holds the other end. */
const port = parentPort;
if (port === null) throw new TypeError("verifyWorker must run in a worker thread");

port.on("message", (job: VerificationJob) => {
  runVerification(job).then(
    (outcome) => port.postMessage(outcome),
    () => port.postMessage({ ok: false, reason: "VerificationFailed" }),
  );
});
port.postMessage("ready");
