import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPractice } from "../../../src/practiceMode.js";
import type { RunningPractice } from "../../../src/practiceMode.js";
import { createRobot } from "./robot.js";
import type { Page, Robot } from "./robot.js";

/** The practice mode on free ports, with its data in a folder that goes away. */
export interface TestPractice extends RunningPractice {
  readonly printed: string;
  readonly robot: Robot;
  readonly dataDir: string;
  /** Presses a button of the practice page. */
  press(path: string, fields?: Readonly<Record<string, string>>): Promise<Page>;
  /** The same, without a look at the page that comes then, which asks for forty people. */
  pressOnly(path: string, fields?: Readonly<Record<string, string>>): Promise<void>;
  /** The whole round trip; ends where it ends. */
  signInAs(key: string): Promise<Page>;
  // What the admin API answers is what the test is about.

  api(path: string): Promise<any>;
  /** What Seatkeeper says about one person and the product. */
  seat(key: string, product?: string): Promise<{ tier: string; pool: string } | undefined>;
  pool(name: string): Promise<{ used: number; capacity: number; waiting: number }>;
}

/** @param dataDir what is in it stays; without it a practice that has been set up before is started again */
export async function startTestPractice(dataDir?: string): Promise<TestPractice> {
  const folder = dataDir ?? (await setUpBefore());
  let printed = "";
  const print = (text: string) => void (printed += text);
  const running = await startPractice({ json: true, port: 0, dataDir: folder, print });
  const { practiceIdp, api } = running.ready;
  const robot = createRobot();

  async function ask(path: string) {
    const url = `${api.baseUrl}/organisations/acorn${path}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${api.token}` } });
    return response.json();
  }

  /** The practice page as it was shown last. */
  let shown: Page | undefined;

  /** As people do: on the page that they have before them, where it has that button. */
  async function pageWith(path: string): Promise<Page> {
    if (shown === undefined || !robot.offers(shown, path)) {
      shown = await robot.get(`${practiceIdp.url}/`);
    }
    return shown;
  }

  async function press(path: string, fields: Readonly<Record<string, string>> = {}) {
    const answer = await robot.submit(await pageWith(path), path, fields);
    if (robot.offers(answer, "/dialect")) shown = answer;
    return answer;
  }

  return {
    ...running,
    printed,
    robot,
    dataDir: folder,
    press,
    pressOnly: async (path, fields = {}) => robot.send(await pageWith(path), path, fields),
    async signInAs(key) {
      const idp = await press(`/people/${key}/sign-in`);
      const seatkeeper = await robot.goOn(idp);
      return seatkeeper.status === 200 ? robot.goOn(seatkeeper) : seatkeeper;
    },
    api: ask,
    async seat(key, product = "support") {
      const { seats } = await ask(`/users/${key}@acorn.example`);
      return seats?.find((seat: { product: string }) => seat.product === product);
    },
    pool: (name) => ask(`/pools/${encodeURIComponent(name)}`),
    async close() {
      await running.close();
      if (dataDir === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same for all workers of a run. */
const SET_UP = join(tmpdir(), `seatkeeper-test-practice-${String(process.ppid)}`);

/** Forty people are provisioned once in each run: the first start costs three times what another costs. */
export async function setUpBefore(): Promise<string> {
  if (!existsSync(SET_UP)) {
    const own = newFolder();
    await (await startTestPractice(own)).close();
    handOn(own);
  }
  const folder = newFolder();
  cpSync(SET_UP, folder, { recursive: true });
  return folder;
}

/** The data of a practice that was set up and in which nothing has happened; the folder is gone then. */
export function handOn(folder: string): void {
  try {
    // At once, so that nobody copies half of it.
    renameSync(folder, SET_UP);
  } catch {
    // Another worker was faster.
    rmSync(folder, { recursive: true, force: true });
  }
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "seatkeeper-practice-"));
}
