import { describe, expect, it } from "@jest/globals";
import { bound } from "../../src/store/mysqlLink.js";
import { Pipeline } from "../../src/store/pipeline.js";
import { SharedReads } from "../../src/store/sharedReads.js";

/** What travels together, in which order, and what a failure stops. */

function connection() {
  const messages: (readonly string[])[] = [];
  const send = (texts: readonly string[]): Promise<readonly unknown[]> => {
    messages.push(texts);
    const bad = texts.find((text) => text.startsWith("bad"));
    if (bad !== undefined) return Promise.reject(new Error(bad));
    return Promise.resolve(texts.map((text) => `done ${text}`));
  };
  const format = (text: string, values: readonly unknown[]) => [text, ...values].join(" ");
  return { messages, send, pipeline: new Pipeline(send, format) };
}

const turn = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe("a pipeline", () => {
  it("sends what is asked for in one turn as one message, in its order, and gives each its answer", async () => {
    const { messages, pipeline } = connection();
    const answers = await Promise.all([
      pipeline.ask("a", [1]),
      pipeline.ask("b", []),
      pipeline.ask("c", [2, 3]),
    ]);
    expect(answers).toEqual(["done a 1", "done b", "done c 2 3"]);
    await pipeline.ask("d", []);
    expect(messages).toEqual([["a 1", "b", "c 2 3"], ["d"]]);
  });

  it("sends nothing any more after a failure: a commit cannot follow what it should have contained", async () => {
    const { messages, pipeline } = connection();
    const insert = pipeline.ask("bad insert", []);
    await turn();
    await turn();
    await expect(pipeline.ask("COMMIT", [])).rejects.toThrow("bad insert");
    await expect(insert).rejects.toThrow("bad insert");
    expect(messages).toEqual([["bad insert"]]);
  });

  it("holds back a message until the one before it is answered", async () => {
    const messages: (readonly string[])[] = [];
    let fail: (error: Error) => void = () => undefined;
    const pipeline = new Pipeline(
      (texts) => {
        messages.push(texts);
        return new Promise((_resolve, reject) => {
          fail = reject;
        });
      },
      (text) => text,
    );
    const first = pipeline.ask("insert", []);
    await turn();
    const commit = pipeline.ask("COMMIT", []);
    await turn();
    expect(messages).toEqual([["insert"]]);
    fail(new Error("duplicate"));
    await expect(first).rejects.toThrow("duplicate");
    await expect(commit).rejects.toThrow("duplicate");
    expect(messages).toEqual([["insert"]]);
  });

  it("refuses what is asked for after its end, also what was not sent yet", async () => {
    const { messages, pipeline } = connection();
    const late = pipeline.ask("a", []);
    pipeline.end();
    await expect(late).rejects.toThrow("had ended");
    await expect(pipeline.ask("b", [])).rejects.toThrow("had ended");
    expect(messages).toEqual([]);
  });

  it("commits nothing without a statement whose value cannot be written, although nobody waits for that one", async () => {
    const messages: (readonly string[])[] = [];
    const pipeline = new Pipeline((texts) => {
      messages.push(texts);
      return Promise.resolve(texts.map(() => null));
    }, bound);
    const insert = "INSERT INTO kept (value) VALUES (?)";
    const first = pipeline.ask(insert, [1]);
    void pipeline.ask(insert, [NaN]);
    const last = pipeline.ask(insert, [3]);
    await expect(pipeline.ask("COMMIT", [])).rejects.toThrow(TypeError);
    await expect(first).rejects.toThrow(TypeError);
    await expect(last).rejects.toThrow(TypeError);
    await turn();
    expect(messages).toEqual([]);
  });

  it("leaves nobody unhandled when nobody waits for a statement", async () => {
    const { pipeline } = connection();
    void pipeline.ask("bad", []);
    await turn();
    await turn();
    await expect(pipeline.ask("next", [])).rejects.toThrow("bad");
  });

  it("splits a message that would be too large for the server", async () => {
    const { messages, pipeline } = connection();
    const large = "x".repeat(600_000);
    await Promise.all([large, large, "y"].map((text) => pipeline.ask(text, [])));
    expect(messages.map((texts) => texts.length)).toEqual([1, 2]);
  });
});

describe("shared reads", () => {
  it("travel together, and each has its own verdict when one of them fails", async () => {
    const { messages, send } = connection();
    const reads = new SharedReads(send);
    const answers = await Promise.allSettled(["a", "bad", "c"].map((text) => reads.ask(text)));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(messages).toEqual([["a", "bad", "c"], ["a"], ["bad"], ["c"]]);
  });
});
