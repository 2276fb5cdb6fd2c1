/** Two pools of the same, and people who are to have a seat of one, of the other, or of whichever is free first. */

export type MapPool = "East" | "West";

interface Waiting {
  readonly who: string;
  wants: readonly MapPool[];
}

/** As plain as the rest of the model: one list in the order of coming, looked at anew after each step. */
export class NaiveMaps {
  readonly #capacity: Readonly<Record<MapPool, number>>;
  readonly #seats = new Map<string, MapPool>();
  readonly #list: Waiting[] = [];

  constructor(capacity: Readonly<Record<MapPool, number>>) {
    this.#capacity = capacity;
  }

  get seats(): string[] {
    return [...this.#seats].map(([who, pool]) => `${who} ${pool}`).sort();
  }

  get list(): string[] {
    return this.#list.map(({ who, wants }) => `${who} ${wants.join(" ")}`);
  }

  /** @param wanted of everybody who is there and may have one: which will do */
  settle(wanted: ReadonlyMap<string, readonly MapPool[]>): void {
    for (const who of [...this.#seats.keys()]) if (!wanted.has(who)) this.#seats.delete(who);
    for (const who of this.#list.map((one) => one.who)) if (!wanted.has(who)) this.#leave(who);
    for (const [who, wants] of wanted) this.#ask(who, wants);
    while (this.#serveOne() || this.#swapTwo());
  }

  /** Who has a seat that will no longer do keeps it until there is a right one. */
  #ask(who: string, wants: readonly MapPool[]): void {
    const held = this.#seats.get(who);
    const waiting = this.#list.find((one) => one.who === who);
    if (held !== undefined && wants.includes(held)) this.#leave(who);
    else if (waiting !== undefined) waiting.wants = wants;
    else this.#list.push({ who, wants });
  }

  #serveOne(): boolean {
    const isFree = (pool: MapPool) => this.#taken(pool) < this.#capacity[pool];
    const next = this.#list.find(({ wants }) => wants.some(isFree));
    const pool = next?.wants.find(isFree);
    if (next === undefined || pool === undefined) return false;
    this.#give(next.who, pool);
    return true;
  }

  #swapTwo(): boolean {
    const from = (pool: MapPool) => this.#list.find(({ who }) => this.#seats.get(who) === pool);
    const [east, west] = [from("East"), from("West")];
    const isOver = (pool: MapPool) => this.#taken(pool) > this.#capacity[pool];
    if (east === undefined || west === undefined || isOver("East") || isOver("West")) return false;
    this.#give(east.who, "West");
    this.#give(west.who, "East");
    return true;
  }

  #give(who: string, pool: MapPool): void {
    this.#seats.set(who, pool);
    this.#leave(who);
  }

  #leave(who: string): void {
    const place = this.#list.findIndex((one) => one.who === who);
    if (place >= 0) this.#list.splice(place, 1);
  }

  #taken(pool: MapPool): number {
    return [...this.#seats.values()].filter((one) => one === pool).length;
  }
}
