import type { SqlValue } from "./sql.js";

/**
 * Statements that are asked for in one turn of the event loop travel to the server in one message and are answered in
 * one: what costs most of a small statement is its way there and back. They run in the order in which they were asked
 * for; after the first that fails none runs any more, neither of its message nor of a later one.
 */

/** Sends statements whose values are already part of the text. Resolves to one result each. */
export type SendMessage = (texts: readonly string[]) => Promise<readonly unknown[]>;

interface Asked {
  readonly text: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Well below the smallest usual max_allowed_packet (4 MiB), counted in bytes of UTF-8. */
const CHARACTERS_MAX = 1_000_000;

export class Pipeline {
  readonly #send: SendMessage;
  readonly #format: (text: string, values: readonly SqlValue[]) => string;
  #waiting: Asked[] = [];
  #isDue = false;
  #failure: Error | undefined;

  constructor(send: SendMessage, format: (text: string, values: readonly SqlValue[]) => string) {
    this.#send = send;
    this.#format = format;
  }

  /** The promise may be left alone: a failure is also that of everything asked for later. */
  ask(text: string, values: readonly SqlValue[]): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      try {
        this.#waiting.push({ text: this.#format(text, values), resolve, reject });
      } catch (error) {
        // Nobody may be waiting for this answer, and the others must not be committed without it.
        reject(this.#fail(error));
        return;
      }
      if (this.#isDue) return;
      this.#isDue = true;
      setImmediate(() => void this.#flush());
    });
    answer.catch(() => undefined);
    return answer;
  }

  /** From now on everything is refused: the connection is given to somebody else. */
  end(): void {
    this.#fail(new Error("a statement was asked for after the work that it belongs to had ended"));
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const message = this.#take();
      try {
        const results = await this.#send(message.map(({ text }) => text));
        message.forEach(({ resolve }, index) => resolve(results[index]));
      } catch (error) {
        message.forEach(({ reject }) => reject(error));
        this.#fail(error);
      }
    }
    this.#isDue = false;
  }

  #take(): Asked[] {
    let characters = 0;
    const fitting = this.#waiting.findIndex(({ text }, index) => {
      characters += text.length;
      return index > 0 && characters > CHARACTERS_MAX;
    });
    return this.#waiting.splice(0, fitting < 0 ? this.#waiting.length : fitting);
  }

  #fail(error: unknown): Error {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
    return this.#failure;
  }
}
