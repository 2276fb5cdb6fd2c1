import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { compiledScript } from "../compiledScript.js";
import { SeatkeeperError } from "../errors.js";
import { refusal, type Outcome, type Refused } from "./reasons.js";
import { FairQueue } from "./fairQueue.js";
import type { VerificationJob, VerifiedBytes } from "./verification.js";

/**
 * A small pool of threads for verification. The event loop never runs signature code, and a message that would keep it
 * busy for long costs one thread its life instead of everybody's answers.
 */
export interface Verifier {
  verify(job: VerificationJob): Promise<Outcome<VerifiedBytes>>;
  /** Refuses what is waiting and ends the threads. */
  close(): Promise<void>;
}

export interface VerifierOptions {
  readonly workers?: number;
  /** From the moment a thread begins with the job. */
  readonly timeoutMs?: number;
  /** How long a job may wait for a thread. */
  readonly waitMs?: number;
  readonly waitingMax?: number;
  /** Of one connection; half of them of what is large. */
  readonly waitingOfOneMax?: number;
  /** Another script for the threads; for tests. */
  readonly script?: URL;
}

const WORKERS_MAX = 4;
const TIMEOUT_MS = 2_000;
/** A thread's first job also compiles the code that it runs through. */
const FIRST_JOB_FACTOR = 3;
const WAIT_MS = 5_000;
const WAITING_MAX = 200;
const WAITING_OF_ONE_MAX = 100;
const START_MS = 10_000;
/** Of XML. Responses with signatures, ten attributes and a few groups have 8,000. */
const ORDINARY_CHARACTERS_MAX = 32_000;
/** A verification needs a few MB. */
const HEAP_MB = 192;

export function createVerifier(options: VerifierOptions = {}): Verifier {
  const pool = new Pool({
    workers: options.workers ?? Math.max(1, Math.min(WORKERS_MAX, availableParallelism() - 1)),
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    waitMs: options.waitMs ?? WAIT_MS,
    waitingMax: options.waitingMax ?? WAITING_MAX,
    waitingOfOneMax: options.waitingOfOneMax ?? WAITING_OF_ONE_MAX,
    script: options.script ?? workerScript(),
  });
  return { verify: (job) => pool.verify(job), close: () => pool.close() };
}

function workerScript(): URL {
  const script = compiledScript("saml/verifyWorker.js");
  if (script !== undefined) return script;
  throw new SeatkeeperError("InvalidConfiguration", {
    sentence:
      "The compiled SAML verification worker is missing. Build the project first: npm run build.",
  });
}

interface Task {
  readonly job: VerificationJob;
  readonly settle: (outcome: Outcome<VerifiedBytes>) => void;
  readonly waitTimer: NodeJS.Timeout;
}

interface Thread {
  readonly worker: Worker;
  ready: boolean;
  warm: boolean;
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
}

class Pool {
  readonly #options: Required<VerifierOptions>;
  readonly #threads = new Set<Thread>();
  /** By connection and size: what somebody sends to one must not keep those of another waiting. */
  readonly #waiting = new FairQueue<Task>();
  #closed = false;

  constructor(options: Required<VerifierOptions>) {
    this.#options = options;
  }

  verify(job: VerificationJob): Promise<Outcome<VerifiedBytes>> {
    if (this.#closed || this.#isFullFor(job)) return Promise.resolve(refusal("VerificationBusy"));
    const line = lineOf(job);
    return new Promise((settle) => {
      const waitTimer = setTimeout(() => this.#giveUp(task), this.#options.waitMs);
      const task: Task = { job, settle, waitTimer };
      this.#waiting.push(line, task);
      this.#dispatch();
    });
  }

  #isFullFor({ spEntityId, xml }: VerificationJob): boolean {
    const { waitingMax, waitingOfOneMax } = this.#options;
    const large = this.#waiting.lengthOf(LARGE + spEntityId);
    const all = large + this.#waiting.lengthOf(ORDINARY + spEntityId);
    if (this.#waiting.size >= waitingMax || all >= waitingOfOneMax) return true;
    return isLarge(xml) && large >= waitingOfOneMax / 2;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.clear()) finish(task, refusal("VerificationBusy"));
    const threads = [...this.#threads];
    for (const thread of threads) this.#end(thread, refusal("VerificationBusy"));
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #giveUp(task: Task): void {
    if (this.#waiting.remove(lineOf(task.job), task)) finish(task, refusal("VerificationBusy"));
  }

  /** Hands waiting tasks to free threads, and starts threads while there is more work than threads. */
  #dispatch(): void {
    for (const thread of this.#threads) {
      if (!thread.ready || thread.task !== undefined) continue;
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#begin(thread, task);
    }
    const starting = [...this.#threads].filter((thread) => !thread.ready).length;
    if (this.#waiting.size > starting && this.#threads.size < this.#options.workers) {
      this.#start();
    }
  }

  #start(): void {
    // The environment holds secrets and the arguments may hold a debugger; a thread needs neither.
    const worker = new Worker(this.#options.script, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const thread: Thread = { worker, ready: false, warm: false, task: undefined, timer: undefined };
    this.#threads.add(thread);
    thread.timer = setTimeout(() => this.#stop(thread, refusal("VerificationFailed")), START_MS);
    worker.on("message", (message: "ready" | Outcome<VerifiedBytes>) =>
      this.#hear(thread, message),
    );
    worker.on("error", () => this.#stop(thread, refusal("VerificationFailed")));
    worker.on("exit", () => this.#stop(thread, refusal("VerificationFailed")));
  }

  #hear(thread: Thread, message: "ready" | Outcome<VerifiedBytes>): void {
    clearTimeout(thread.timer);
    if (message === "ready") thread.ready = true;
    else if (thread.task !== undefined) finish(thread.task, message);
    thread.task = undefined;
    // An idle pool does not keep the process alive.
    thread.worker.unref();
    this.#dispatch();
  }

  #begin(thread: Thread, task: Task): void {
    clearTimeout(task.waitTimer);
    thread.task = task;
    thread.timer = setTimeout(
      () => this.#stop(thread, refusal("VerificationTimeout")),
      this.#options.timeoutMs * (thread.warm ? 1 : FIRST_JOB_FACTOR),
    );
    thread.warm = true;
    thread.worker.ref();
    thread.worker.postMessage(task.job);
  }

  #stop(thread: Thread, refused: Refused): void {
    if (!this.#threads.has(thread)) return;
    const wasReady = thread.ready;
    this.#end(thread, refused);
    void thread.worker.terminate();
    // A script that cannot even start would be started for ever; its tasks end by their waiting time.
    if (wasReady) this.#dispatch();
  }

  #end(thread: Thread, refused: Refused): void {
    clearTimeout(thread.timer);
    this.#threads.delete(thread);
    if (thread.task !== undefined) finish(thread.task, refused);
    thread.task = undefined;
  }
}

/**
 * Each connection has an entity ID of its own, and a line more for what is large: what costs a thread long is large, and what
 * people bring is not, unless they are in hundreds of groups. So nobody of the others waits for more than one such.
 */
function lineOf({ spEntityId, xml }: VerificationJob): string {
  return (isLarge(xml) ? LARGE : ORDINARY) + spEntityId;
}

const LARGE = "large ";
const ORDINARY = "ordinary ";

function isLarge(xml: string): boolean {
  return xml.length > ORDINARY_CHARACTERS_MAX;
}

function finish(task: Task, outcome: Outcome<VerifiedBytes>): void {
  clearTimeout(task.waitTimer);
  task.settle(outcome);
}
