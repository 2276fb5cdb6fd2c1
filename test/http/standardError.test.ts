import { describe, expect, it } from "@jest/globals";
import { Gathered } from "../../src/http/standardError.js";

const moment = () => new Promise((resolve) => setTimeout(resolve, 40));

describe("lines of the log", () => {
  it("leave together a moment later, each once and in order", async () => {
    const written: string[] = [];
    const lines = new Gathered({ write: (text) => written.push(text) });
    lines.write("a\n");
    lines.write("b\n");
    expect(written).toEqual([]);
    await moment();
    expect(written).toEqual(["a\nb\n"]);

    lines.write("c\n");
    await moment();
    await moment();
    expect(written).toEqual(["a\nb\n", "c\n"]);
  });

  it("leave at once when there is trouble, with what was said before", async () => {
    const written: string[] = [];
    const lines = new Gathered({ write: (text) => written.push(text) });
    lines.write("before\n");
    lines.write("trouble\n");
    lines.leave();
    expect(written).toEqual(["before\ntrouble\n"]);
    await moment();
    expect(written).toHaveLength(1);
  });
});
