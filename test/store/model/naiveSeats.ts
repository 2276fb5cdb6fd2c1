/**
 * What the rules say of who has which seat, written down a second time as plainly as possible: no code of the engine, no
 * database, everything looked at anew after each step. Two locked pools with a list (the desk), a shared one in which
 * whoever comes takes over the seat that was idle longest (reports), one of leases (lines), and two that give the same to who may have
 * one of them or either (maps).
 */

import { type MapPool, NaiveMaps } from "./naiveMaps.js";

export type Desk = "Standard" | "Professional";
export type PoolName = Desk | "Reports" | "Lines" | MapPool;
export const LEASE_MS = 300_000;
/** For so long after its end a lease may come back. */
export const REVIVE_MS = 600_000;
/** For so long is borrowed what is borrowed. */
export const BORROW_MS = 600_000;

interface Person {
  active: boolean;
  /** Needs Professional. */
  leads: boolean;
  /** May have no seat of the desk, whoever says so. */
  excluded: boolean;
  /** May have reports. */
  reads: boolean;
  /** May have a map of this pool. */
  east: boolean;
  west: boolean;
}

interface Waiting {
  readonly who: string;
  readonly since: number;
  wants: Desk;
}

interface Line {
  expires: number;
  /** Not before that, renewed or not. */
  borrowed: number;
  generation: number;
}

/** Who has what, in words that can be compared. */
export interface Picture {
  readonly desk: readonly string[];
  readonly list: readonly string[];
  readonly reports: readonly string[];
  readonly lines: readonly string[];
  readonly maps: readonly string[];
  readonly mapList: readonly string[];
}

export class NaiveSeats {
  readonly capacity: Record<PoolName, number>;
  readonly people = new Map<string, Person>();
  readonly #gone = new Map<string, Person>();
  /** Whom no exclusion keeps from the desk, and until when. */
  readonly #glass = new Map<string, number>();
  readonly #desk = new Map<string, Desk>();
  readonly #list: Waiting[] = [];
  readonly #reports = new Map<string, { readonly granted: number; used: number }>();
  readonly #lines = new Map<string, Line>();
  /** Lines that ran out, by who had them: for some time the same person may have one again. */
  readonly #over = new Map<string, Line>();
  readonly #maps: NaiveMaps;

  constructor(capacity: Record<PoolName, number>) {
    this.capacity = { ...capacity };
    this.#maps = new NaiveMaps(this.capacity);
  }

  picture(now: number): Picture {
    const lines = [...this.#lines].filter(([, { expires }]) => expires > now);
    return {
      desk: [...this.#desk].map(([who, pool]) => `${who} ${pool}`).sort(),
      list: this.#inOrder().map(({ who, wants }) => `${who} ${wants}`),
      reports: [...this.#reports].map(([who, { used }]) => `${who} ${String(used)}`).sort(),
      lines: lines.map(([who, { expires }]) => `${who} ${String(expires)}`).sort(),
      maps: this.#maps.seats,
      mapList: this.#maps.list,
    };
  }

  create(now: number, who: string, needs: Omit<Person, "active" | "excluded">): void {
    // Whoever comes back is the same person: what was decided by hand still holds.
    const excluded = this.#gone.get(who)?.excluded ?? false;
    this.people.set(who, { ...needs, active: true, excluded });
    this.#settle(now);
  }

  change(now: number, who: string, change: Partial<Person>): void {
    const person = this.people.get(who);
    if (person === undefined) return;
    Object.assign(person, change);
    this.#settle(now);
  }

  /** What ends by itself. @returns whether anything did */
  tick(now: number): boolean {
    const over = [...this.#glass].filter(([, until]) => until <= now);
    for (const [who] of over) this.#glass.delete(who);
    this.#settle(now);
    return over.length > 0;
  }

  hasGlass(who: string): boolean {
    return this.#glass.has(who);
  }

  /** @returns false for who may have nothing at all now */
  breakGlass(now: number, who: string, until: number): boolean {
    if (this.people.get(who)?.active !== true) return false;
    this.#glass.set(who, until);
    this.#settle(now);
    return true;
  }

  mendGlass(now: number, who: string): void {
    this.#glass.delete(who);
    this.#settle(now);
  }

  remove(now: number, who: string): void {
    this.#glass.delete(who);
    const person = this.people.get(who);
    if (person !== undefined) this.#gone.set(who, person);
    this.people.delete(who);
    this.#settle(now);
  }

  resize(now: number, pool: PoolName, capacity: number): void {
    this.capacity[pool] = capacity;
    this.#settle(now);
  }

  /** Opens the reports. @returns whether there is a seat for it */
  read(now: number, who: string): boolean {
    const person = this.people.get(who);
    if (person?.active !== true || !person.reads) return false;
    const own = this.#reports.get(who);
    const taken = this.#reports.size;
    if (own !== undefined) own.used = now;
    else if (taken < this.capacity.Reports) this.#reports.set(who, { granted: now, used: now });
    else if (taken > this.capacity.Reports || taken === 0) return false;
    else {
      const [idlest] = [...this.#reports].sort(
        ([, a], [, b]) => a.used - b.used || a.granted - b.granted,
      );
      this.#reports.delete(idlest?.[0] ?? "");
      this.#reports.set(who, { granted: now, used: now });
    }
    return true;
  }

  /** @returns the generation of the lease; null where no line is free */
  dial(now: number, who: string, isBorrowed: boolean): number | null {
    this.#hangUpExpired(now);
    if (this.people.get(who)?.active !== true) return null;
    const own = this.#lines.get(who);
    if (own === undefined && this.#lines.size >= this.capacity.Lines) return null;
    const generation = (own?.generation ?? this.#over.get(who)?.generation ?? 0) + 1;
    const borrowed = Math.max(own?.borrowed ?? 0, isBorrowed ? now + BORROW_MS : 0);
    this.#over.delete(who);
    this.#lines.set(who, { expires: Math.max(now + LEASE_MS, borrowed), borrowed, generation });
    return generation;
  }

  /** Only the newest generation of a lease that lives, or that ran out a moment ago where a line is free. */
  renew(now: number, who: string, generation: number): boolean {
    this.#hangUpExpired(now);
    const own = this.#lines.get(who);
    if (own?.generation === generation) {
      own.expires = Math.max(now + LEASE_MS, own.borrowed);
      return true;
    }
    if (this.#over.get(who)?.generation !== generation) return false;
    // Who hears that the line is lost never gets it back so.
    this.#over.delete(who);
    if (this.#lines.size >= this.capacity.Lines) return false;
    this.#lines.set(who, { expires: now + LEASE_MS, borrowed: 0, generation });
    return true;
  }

  hangUp(now: number, who: string, generation: number): boolean {
    this.#hangUpExpired(now);
    if (this.#over.get(who)?.generation === generation) return this.#over.delete(who);
    if (this.#lines.get(who)?.generation !== generation) return false;
    return this.#lines.delete(who);
  }

  #hangUpExpired(now: number): void {
    for (const [who, line] of this.#lines) {
      if (line.expires > now) continue;
      this.#lines.delete(who);
      this.#over.set(who, line);
    }
    for (const [who, { expires }] of this.#over) {
      if (expires + REVIVE_MS <= now) this.#over.delete(who);
    }
  }

  #settle(now: number): void {
    for (const who of new Set([...this.#desk.keys(), ...this.#list.map((one) => one.who)])) {
      if (this.#need(who) === null) this.#forget(who);
    }
    for (const who of this.people.keys()) this.#ask(now, who);
    while (this.#serveOne() || this.#swapTwo());
    for (const who of this.#reports.keys()) {
      const person = this.people.get(who);
      if (person?.active !== true || !person.reads) this.#reports.delete(who);
    }
    this.#maps.settle(this.#mapsWanted());
    // A line that had run out by then is over in the same way.
    this.#hangUpExpired(now);
    for (const who of [...this.#lines.keys(), ...this.#over.keys()]) {
      if (this.people.get(who)?.active === true) continue;
      this.#lines.delete(who);
      this.#over.delete(who);
    }
  }

  #mapsWanted(): Map<string, MapPool[]> {
    const wanted = new Map<string, MapPool[]>();
    for (const [who, { active, east, west }] of this.people) {
      const pools = [...(east ? ["East" as const] : []), ...(west ? ["West" as const] : [])];
      if (active && pools.length > 0) wanted.set(who, pools);
    }
    return wanted;
  }

  #need(who: string): Desk | null {
    const person = this.people.get(who);
    if (person?.active !== true || (person.excluded && !this.#glass.has(who))) return null;
    return person.leads ? "Professional" : "Standard";
  }

  #forget(who: string): void {
    this.#desk.delete(who);
    this.#leaveList(who);
  }

  #leaveList(who: string): void {
    const place = this.#list.findIndex((one) => one.who === who);
    if (place >= 0) this.#list.splice(place, 1);
  }

  /** Everybody who needs something else than is held stands on the list; who stands there keeps the place. */
  #ask(now: number, who: string): void {
    const wants = this.#need(who);
    const waiting = this.#list.find((one) => one.who === who);
    if (wants === null || this.#desk.get(who) === wants) this.#leaveList(who);
    else if (waiting !== undefined) waiting.wants = wants;
    else this.#list.push({ who, wants, since: now });
  }

  #serveOne(): boolean {
    const next = this.#inOrder().find(({ wants }) => this.#taken(wants) < this.capacity[wants]);
    if (next === undefined) return false;
    this.#desk.set(next.who, next.wants);
    this.#leaveList(next.who);
    return true;
  }

  /** One who needs more and one who needs less change places, unless a pool was made smaller than it is full. */
  #swapTwo(): boolean {
    const list = this.#inOrder();
    const up = list.find(({ who, wants }) => wants === "Professional" && this.#desk.has(who));
    const down = list.find((one) => this.#hasMore(one));
    const isOver = (pool: Desk) => this.#taken(pool) > this.capacity[pool];
    if (up === undefined || down === undefined) return false;
    if (isOver("Standard") || isOver("Professional")) return false;
    this.#desk.set(up.who, "Professional").set(down.who, "Standard");
    this.#leaveList(up.who);
    this.#leaveList(down.who);
    return true;
  }

  #taken(pool: Desk): number {
    return [...this.#desk.values()].filter((one) => one === pool).length;
  }

  #hasMore({ who, wants }: Waiting): boolean {
    return wants === "Standard" && this.#desk.get(who) === "Professional";
  }

  /** First come, first served; last who could do without. */
  #inOrder(): Waiting[] {
    return [...this.#list].sort(
      (a, b) => Number(this.#hasMore(a)) - Number(this.#hasMore(b)) || a.since - b.since,
    );
  }
}
