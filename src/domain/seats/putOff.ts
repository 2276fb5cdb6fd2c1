import type { Id } from "../directory.js";

/**
 * What a batch of requests leaves for its end: whose seats are to be brought in line, and because of which request. So the
 * batch is judged by its net effect (I14): who loses a seat in one request and has it back in the next never lost it,
 * and nothing is bought for somebody while another request gives a seat back.
 */
export class PutOff<Context> {
  /** Off: everything is settled where it is decided. */
  isOn = false;
  /** User id -> the last request that touched the user, in the order of the first. */
  readonly #due = new Map<Id, Context>();
  #last: Context | null = null;

  settle(userId: Id, ctx: Context): void {
    this.#due.set(userId, ctx);
    this.#last = ctx;
  }

  /** The lists are to be looked at, because something may have become free. */
  drain(ctx: Context): void {
    this.#last = ctx;
  }

  /** Everything that was put off, once. `last` is null when there was nothing. */
  take(): { readonly due: readonly (readonly [Id, Context])[]; readonly last: Context | null } {
    const taken = { due: [...this.#due], last: this.#last };
    this.#due.clear();
    this.#last = null;
    return taken;
  }
}
