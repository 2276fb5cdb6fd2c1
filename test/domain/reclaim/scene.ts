import { onTheClock } from "../../../src/domain/clock.js";
import type { Pool, Seat } from "../../../src/domain/directory.js";
import type { OutboxEvent } from "../../../src/domain/history.js";
import { answerReclaim, undoReclaim, type Answer } from "../../../src/domain/reclaim/answer.js";
import { registerResource, switchResource } from "../../../src/domain/reclaim/register.js";
import type { Resource } from "../../../src/domain/reclaim/rows.js";
import { stateOf } from "../../../src/domain/seats/states.js";
import { Scene } from "../scene.js";

const DAY = 24 * 60;

/** With a clock that looks after idle seats, and resources that hang on seats. */
export class ReclaimScene extends Scene {
  /** What the background would do, until nothing is due. */
  tick(): void {
    for (let round = 0; round < 20; round += 1) {
      const { evaluated } = this.org.decide((world, ctx) => onTheClock(world, ctx), {
        type: "timer",
      });
      if (evaluated === 0 && this.org.stale.size === 0) return;
    }
    throw new Error("the clock finds no end");
  }

  /** A day at a time, as the background would notice it. */
  days(count: number): void {
    for (let day = 0; day < count; day += 1) {
      this.wait(DAY);
      this.tick();
    }
  }

  seatOf(userName: string, product = "support"): Seat | undefined {
    const id = this.org.idOf(userName);
    return [...this.org.seats.values()].find(
      (seat) => seat.userId === id && seat.product === product,
    );
  }

  stateOf(userName: string, product = "support"): string {
    const seat = this.seatOf(userName, product);
    return seat === undefined ? "none" : stateOf(seat);
  }

  signInIfActive(userName: string): void {
    if (this.org.users.get(this.org.idOf(userName))?.active === true) this.signIn(userName);
  }

  answer(userName: string, answer: Answer, product = "support") {
    const held = { userId: this.org.idOf(userName), product };
    return this.org.decide((world, ctx) => answerReclaim(world, ctx, held, answer), {
      type: "app",
    });
  }

  undo(userName: string, product = "support") {
    const held = { userId: this.org.idOf(userName), product };
    return this.org.decide((world, ctx) => undoReclaim(world, ctx, held), { type: "admin" });
  }

  exempt(of: { user?: string; groupId?: string }, until: number | null = null): void {
    this.org.exemptions.push({
      ...{ id: this.org.nextId(), organisationId: "org", until, reason: "leave" },
      userId: of.user === undefined ? null : this.org.idOf(of.user),
      ...{ groupId: of.groupId ?? null, createdBy: "ann", createdAt: this.org.now },
    });
  }

  /** In so many days. */
  contract(pool: Pool, capacity: number, days = 0): string {
    const id = this.org.nextId();
    const at = this.org.now + days * DAY * 60_000;
    this.org.contractions.set(id, {
      ...{ id, organisationId: "org", poolId: pool.id, capacity, at, state: "planned" },
      ...{ createdBy: "ann", createdAt: this.org.now },
    });
    return id;
  }

  owns(userName: string, id: string, more: Partial<Resource> = {}): void {
    const draft = {
      ...{ kind: "page", id, product: "support", indispensable: false, ...more },
      userId: this.org.idOf(userName),
    };
    const verdict = this.org.decide((world) => registerResource(world, draft));
    if ("refused" in verdict) throw new Error(verdict.refused);
  }

  turn(id: string, isOn: boolean, kind = "page") {
    return this.org.decide((world) => switchResource(world, { kind, id }, isOn));
  }

  /** "ann enabled": the owner and the state. */
  resource(id: string, kind = "page"): string {
    const found = this.org.resources.get(`${kind} ${id}`);
    return found === undefined ? "none" : `${this.nameOf(found.userId)} ${found.state}`;
  }

  told(type: OutboxEvent["type"]): OutboxEvent[] {
    return this.org.events.filter((event) => event.type === type);
  }
}
