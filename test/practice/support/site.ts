import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Actions } from "../../../src/practice/actions.js";
import type { Insight } from "../../../src/practice/insight.js";
import type { PoolBar, Standing } from "../../../src/practice/page/model.js";
import { createSamlIdp } from "../../../src/practice/saml/samlIdp.js";
import { createSite } from "../../../src/practice/site.js";
import { openDirectory } from "../../../src/practice/state.js";
import type { Directory } from "../../../src/practice/state.js";
import { IDP, newId, NOW, SP, testKey } from "./saml.js";

/** The practice IdP alone, with made-up answers in the place of Seatkeeper. */
export interface TestSite {
  readonly url: string;
  readonly directory: Directory;
  /** What the buttons did. */
  readonly performed: string[];
  close(): void;
}

export const CSRF = "csrf-token-of-the-test";
export const LOGIN_URL = "http://127.0.0.1:4600/saml/c1/login";

const POOLS: readonly PoolBar[] = [
  {
    name: "Professionals",
    product: "Support",
    tiers: ["Professional"],
    kind: "locked",
    capacity: 3,
    used: 2,
    waiting: 1,
  },
];

export async function startTestSite(): Promise<TestSite> {
  const socket = createServer();
  socket.listen(0, "127.0.0.1");
  await once(socket, "listening");
  const url = `http://127.0.0.1:${String((socket.address() as AddressInfo).port)}`;
  const directory = openDirectory(undefined, () => undefined);
  const performed: string[] = [];
  const samlIdp = createSamlIdp({
    entityId: IDP,
    ssoUrl: `${url}/saml/sso`,
    key: await testKey(),
    directory,
    csrfToken: CSRF,
    now: () => NOW,
    randomId: newId,
  });
  samlIdp.trust(SP);
  const site = createSite({
    origin: url,
    seatkeeperUrl: "http://127.0.0.1:4600",
    loginUrl: LOGIN_URL,
    csrfToken: CSRF,
    directory,
    insight: fakeInsight(),
    actions: fakeActions(performed),
    samlIdp,
    application: { verify: () => Promise.reject(new Error("not in this test")) },
    randomId: newId,
    logError: () => undefined,
  });
  socket.on("request", site);
  return { url, directory, performed, close: () => void socket.close() };
}

function fakeInsight(): Insight {
  const standing: Standing = {
    product: "Support",
    tier: "Professional",
    addOns: ["Call <recording>"],
    seat: { pool: "Professionals", kind: "locked", tier: "Professional" },
    waitingPosition: 3,
    waitingFor: ["Professionals"],
    note: null,
    why: "Because of <the group>.",
  };
  return {
    standings: async () => new Map([["zoe.muller", [standing]]]),
    pools: async () => [...POOLS],
    newestPosition: async () => 0,
    entriesAfter: async () => [],
    namesFor: async () => ({ person: (id) => id, pool: (id) => id }),
    settled: async () => undefined,
  };
}

function fakeActions(performed: string[]): Actions {
  return {
    async perform(action, person, value) {
      performed.push(`${action} ${person.key} ${value}`.trim());
      return action === "deactivate" || action === "move";
    },
    switchDialect: async (value) => void performed.push(`dialect ${value}`),
    signInStarts: async (person) => void performed.push(`sign-in ${person.key}`),
    signInEnded: async () => [],
    lastHappening: () => ({
      title: "You did <something>.",
      exchanges: [
        {
          method: "GET",
          path: "/Users?filter=userName%20eq%20%22%3Cx%3E%22",
          why: "Looks <it> up.",
          status: 200,
          milliseconds: 3,
          response: { name: "</pre><script>" },
        },
      ],
      moves: [{ sentence: "A seat <moved>.", effect: "gained" }],
      failure: "It <failed>.",
    }),
  };
}
