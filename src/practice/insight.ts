import { z } from "zod";
import { ApiRefused } from "./api.js";
import type { SeatkeeperApi } from "./api.js";
import { mapBounded } from "./bounded.js";
import type { PoolBar, Standing } from "./page/model.js";
import type { LedgerLine, Names } from "./page/sentences.js";
import { catalogueAnswer, poolAnswer, standingsOf, titleIn } from "./standing.js";
import { waitingAnswer, whoAnswer } from "./standing.js";
import type { CurrentPerson } from "./state.js";

/** What Seatkeeper says about the people of the directory, asked anew each time. */
export interface Insight {
  /** By the person's key. */
  standings(people: readonly CurrentPerson[]): Promise<Map<string, Standing[]>>;
  pools(): Promise<PoolBar[]>;
  /** The position of the newest ledger line; 0 when there is none. */
  newestPosition(): Promise<number>;
  entriesAfter(position: number): Promise<LedgerLine[]>;
  /** Names for everybody in these lines, also for who was deleted since this program has seen them. */
  namesFor(lines: readonly LedgerLine[]): Promise<Names>;
  /** Resolves when no evaluation is due any longer. */
  settled(): Promise<void>;
}

const entry = z.object({
  position: z.number(),
  kind: z.string(),
  reason: z.string(),
  cause: z.object({ type: z.string(), action: z.string(), requestId: z.string().nullable() }),
  userId: z.string().nullable(),
  product: z.string(),
  poolId: z.string().nullable(),
  tier: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
const progress = z.object({ stale: z.number() });

type Who = z.infer<typeof whoAnswer>;
type Pool = z.infer<typeof poolAnswer>;
type Waiting = z.infer<typeof waitingAnswer>;

const CONCURRENCY = 10;
const ENTRIES_PAGE = 200;
/** Of each product. Whoever waits behind them is shown with the place in the whole list. */
const LINE_LENGTH = 200;
const SETTLE_POLL_MILLISECONDS = 25;
const GONE = "somebody who was deleted";

export function createInsight(api: SeatkeeperApi, organisation: string): Insight {
  const base = `/organisations/${organisation}`;
  const nameOf = new Map<string, string>();

  async function readPools(): Promise<Pool[]> {
    return (await api.get(`${base}/pools`, list(poolAnswer))).items;
  }

  async function readWho(userId: string): Promise<Who | null> {
    try {
      const found = await api.get(`${base}/users/${encodeURIComponent(userId)}`, whoAnswer);
      nameOf.set(userId, found.user.displayName ?? userId);
      return found;
    } catch (error) {
      // Deleted meanwhile, by whomever: then there is nothing to say.
      if (error instanceof ApiRefused && error.status === 404) return null;
      throw error;
    }
  }

  return {
    async standings(people) {
      const [words, pools] = await Promise.all([readProducts(api), readPools()]);
      const line = await readLine(api, base, pools);
      const around = { products: words, pools, line };
      const found = await mapBounded(people, CONCURRENCY, async (person) => {
        const about = person.scimId === null ? null : await readWho(person.scimId);
        return [person.key, about === null ? [] : standingsOf(about, around)] as const;
      });
      return new Map(found);
    },

    async pools() {
      const [words, pools] = await Promise.all([readProducts(api), readPools()]);
      return pools.map((pool) => barOf(pool, words));
    },

    newestPosition: async () => {
      const path = `${base}/entries?limit=1&newestFirst=true`;
      return (await api.get(path, list(entry))).items[0]?.position ?? 0;
    },

    entriesAfter: (position) => readEntries(api, base, position),

    async namesFor(lines) {
      const unknown = new Set(lines.flatMap(userIdsIn).filter((id) => !nameOf.has(id)));
      await mapBounded([...unknown], CONCURRENCY, readWho);
      const poolNames = new Map((await readPools()).map(({ id, name }) => [id, name]));
      return {
        person: (userId) => nameOf.get(userId) ?? GONE,
        pool: (poolId) => poolNames.get(poolId) ?? "a pool that is gone",
      };
    },

    async settled() {
      while ((await api.get(`${base}/progress`, progress)).stale > 0) {
        await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MILLISECONDS));
      }
    },
  };
}

function barOf(pool: Pool, products: Awaited<ReturnType<typeof readProducts>>): PoolBar {
  const product = products.find(({ id }) => id === pool.product);
  const tiers = pool.tiers.map((tier) => titleIn(product?.tiers ?? [], tier));
  return { ...pool, product: product?.title ?? pool.product, tiers };
}

async function readProducts(api: SeatkeeperApi) {
  return (await api.get("/catalogue", catalogueAnswer)).products;
}

async function readLine(
  api: SeatkeeperApi,
  base: string,
  pools: readonly Pool[],
): Promise<Waiting[]> {
  const awaited = new Set(pools.filter(({ waiting }) => waiting > 0).map(({ product }) => product));
  const lines = await mapBounded([...awaited], CONCURRENCY, async (product) => {
    const path = `${base}/waiting?product=${encodeURIComponent(product)}&limit=${LINE_LENGTH}`;
    return (await api.get(path, list(waitingAnswer))).items;
  });
  return lines.flat();
}

async function readEntries(
  api: SeatkeeperApi,
  base: string,
  position: number,
): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for (;;) {
    const after = lines.at(-1)?.position ?? position;
    const path = `${base}/entries?after=${after}&limit=${ENTRIES_PAGE}`;
    const { items } = await api.get(path, list(entry));
    lines.push(...items);
    if (items.length < ENTRIES_PAGE) return lines;
  }
}

function list<T>(item: z.ZodType<T>): z.ZodType<{ items: T[] }> {
  return z.object({ items: z.array(item) });
}

function userIdsIn(line: LedgerLine): string[] {
  const others = [line.details["displacedUserId"], line.details["displacedBy"]];
  return [line.userId, ...others].filter((id) => typeof id === "string");
}
