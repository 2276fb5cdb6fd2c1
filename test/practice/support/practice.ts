import { mkdtempSync, rmSync } from "node:fs";
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
  /** The whole round trip; ends where it ends. */
  signInAs(key: string): Promise<Page>;
  // What the admin API answers is what the test is about.

  api(path: string): Promise<any>;
  /** What Seatkeeper says about one person and the product. */
  seat(key: string, product?: string): Promise<{ tier: string; pool: string } | undefined>;
  pool(name: string): Promise<{ used: number; capacity: number; waiting: number }>;
}

export async function startTestPractice(dataDir?: string): Promise<TestPractice> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), "seatkeeper-practice-"));
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

  async function press(path: string, fields: Readonly<Record<string, string>> = {}) {
    return robot.submit(await robot.get(`${practiceIdp.url}/`), path, fields);
  }

  return {
    ...running,
    printed,
    robot,
    dataDir: folder,
    press,
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
