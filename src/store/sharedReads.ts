/**
 * Reads of a few rows by key. Those that different requests ask for in one turn of the event loop travel to the server
 * in one message. Each stands for itself: if one of a message fails, all are asked again one by one.
 */
export class SharedReads {
  readonly #send: (texts: readonly string[]) => Promise<readonly unknown[]>;
  #waiting: Asked[] = [];

  /** @param send sends statements whose values are part of the text, on any connection; one result each */
  constructor(send: (texts: readonly string[]) => Promise<readonly unknown[]>) {
    this.#send = send;
  }

  ask(text: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += TOGETHER_MAX) {
      void this.#answer(waiting.slice(start, start + TOGETHER_MAX));
    }
  }

  async #answer(message: readonly Asked[]): Promise<void> {
    try {
      const results = await this.#send(message.map(({ text }) => text));
      message.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      if (message.length === 1) message[0]?.reject(error);
      else for (const asked of message) void this.#answer([asked]);
    }
  }
}

interface Asked {
  readonly text: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** More would make the first of a message wait noticeably for the last. */
const TOGETHER_MAX = 16;
