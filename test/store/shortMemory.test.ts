import { describe, expect, it } from "@jest/globals";
import { ShortMemory } from "../../src/store/shortMemory.js";

describe("a short memory", () => {
  /** Reads that end when the test says so. */
  function readings() {
    const ends: ((value: string | null | Error) => void)[] = [];
    const read = () =>
      new Promise<string | null>((resolve, reject) => {
        ends.push((value) => (value instanceof Error ? reject(value) : resolve(value)));
      });
    return { ends, read };
  }

  it("reads once for all who ask in the same moment", async () => {
    const memory = new ShortMemory<string>();
    const { ends, read } = readings();
    const asked = [memory.find("a", read), memory.find("a", read), memory.find("b", read)];
    ends.forEach((end, index) => end(`value ${index}`));
    expect(await Promise.all(asked)).toEqual(["value 0", "value 0", "value 1"]);
    expect(await memory.find("a", read)).toBe("value 0");
    expect(ends).toHaveLength(2);
  });

  it("does not keep a reading that was under way when it was cleared", async () => {
    const memory = new ShortMemory<string>();
    const { ends, read } = readings();
    const before = memory.find("a", read);
    memory.clear();
    const after = memory.find("a", read);
    ends[1]!("new");
    ends[0]!("old");
    expect([await before, await after]).toEqual(["old", "new"]);
    expect(await memory.find("a", read)).toBe("new");
  });

  it("keeps neither failures nor what does not exist", async () => {
    const memory = new ShortMemory<string>();
    await expect(memory.find("a", () => Promise.reject(new Error("outage")))).rejects.toThrow(
      "outage",
    );
    expect(await memory.find("a", () => Promise.resolve(null))).toBeNull();
    expect(await memory.find("a", () => Promise.resolve("there"))).toBe("there");
  });

  it("forgets half a second after the reading began, however long it took", async () => {
    const memory = new ShortMemory<string>();
    const { ends, read } = readings();
    const first = memory.find("a", read);
    await new Promise((resolve) => setTimeout(resolve, 510));
    ends[0]!("old");
    expect(await first).toBe("old");
    expect(await memory.find("a", () => Promise.resolve("new"))).toBe("new");
  });
});
