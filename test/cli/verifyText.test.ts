import { availableParallelism } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { addAll } from "../../src/cli/chainThread.js";
import { type Line, Verifier } from "../../src/verify/verify.js";
import { busyLedger, chained, grant, pool, release, seat } from "../verify/generated.js";

/** Ledgers as text: written by hand, spoilt on the way, and read by two threads. */

async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function found(text: string, size = 65_536): Promise<string> {
  const verifier = new Verifier();
  await addAll(verifier, cut(text, size));
  const { entries, fault } = verifier.report();
  return fault === null ? String(entries) : `${String(fault.sequence)} ${fault.problem}`;
}

describe("the text of a ledger", () => {
  const ann = seat("ann");
  const lines = chained([pool("p", 1), grant(ann), release(ann), { reason: 'ü 💺 "\\' }]);
  const texts = lines.map((line) => JSON.stringify(line)) as [string, string, string, string];
  const [first, second, third, fourth] = texts;
  const whole = texts.join("\n");
  const end = first.slice(1);
  const cases: readonly (readonly [title: string, text: string, found: string])[] =
    // prettier-ignore
    [
      ["nothing",                                     "", "0"],
      ["empty lines alone",                           "\n\n \r\n\u2028\n", "0"],
      ["one entry a line",                            whole, "4"],
      ["an end of line at the end",                   `${whole}\n`, "4"],
      ["lines that end as on Windows",                texts.join("\r\n"), "4"],
      ["empty lines between",                         texts.join("\n\n  \n"), "4"],
      ["spaces around and within, another order",     ` { "hash" : "${lines[0]!.hash}",${end.replace(/,"hash":"\w+"/, "")} `, "1"],
      ["characters written as escapes",               whole.replace("ü", "\\u00fc").replace("💺", "\\ud83d\\udcba"), "4"],
      ["a field twice: the last one counts",          whole.replace("{", '{"product":"other",'), "4"],
      ["the same number in other words",              first.replace('"delta":0', '"delta":-0.0e1'), "1"],
      ["half of a pair of surrogates",                first.replace("support", "\\ud800"), "1 hash"],
      ["a byte order mark",                           `\ufeff${whole}`, "1 malformed"],
      ["a line that is cut off",                      whole.slice(0, -20), "4 malformed"],
      ["a line that is cut off within the ledger",    [first, second.slice(0, 90), third].join("\n"), "2 malformed"],
      ["an entry broken in two lines",                `${first},{"id":"entry-2"\n${second.slice(15)}`, "1 malformed"],
      ["two entries in one line",                     `${first}${second}`, "1 malformed"],
      ["entries in an array",                         `[${first}]`, "1 malformed"],
      ["a line feed within a text",                   whole.replace("support", "sup\nport"), "1 malformed"],
      ["no JSON",                                     `${first}\nnonsense`, "2 malformed"],
      ["JSON, but no object",                         `${first}\nnull`, "2 malformed"],
      ["a field too many",                            whole.replace("{", '{"more":1,'), "1 malformed"],
      ["a field called __proto__",                    whole.replace("{", '{"__proto__":{},'), "1 malformed"],
      ["a field of another type",                     whole.replace('"delta":0', '"delta":"0"'), "1 malformed"],
      ["a number beyond all numbers",                 whole.replace('"delta":0', '"delta":1e400'), "1 malformed"],
      ["a number that begins with nought",            whole.replace('"delta":0', '"delta":00'), "1 malformed"],
      ["what is left of bytes that are not UTF-8",    whole.replace("ü", "\ufffd"), "4 hash"],
      ["two lines that changed places",               [first, third, second].join("\n"), "2 gap"],
      ["a line twice",                                [first, second, second].join("\n"), "3 gap"],
      ["a line that is missing",                      [first, third, fourth].join("\n"), "2 gap"],
      ["a hash with one other digit",                 whole.replace(/(?<="hash":")./, (digit) => (digit === "0" ? "1" : "0")), "1 hash"],
      ["a line of 10 MB",                             `${first}\n${second.replace("ann", "n".repeat(10_000_000))}`, "2 hash"],
    ];

  it.each(cases)("that has %s is judged", async (_, text, expected) => {
    expect(await found(text)).toBe(expected);
    if (text.length < 10_000) expect(await found(text, 1)).toBe(expected);
  });
});

describe("two threads", () => {
  let state = 11;
  const lines = busyLedger(600, () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647);
  const flipped = (text: string) => text.replace(/\d(?="\})/, (digit) => String(9 - Number(digit)));
  const spoilt: readonly (readonly [title: string, spoil: (lines: Line[]) => unknown])[] =
    // prettier-ignore
    [
      ["nothing",                    () => null],
      ["an edit",                    (all) => (all[400] = { ...all[400]!, at: 1 })],
      ["another hash",               (all) => (all[401] = JSON.parse(flipped(JSON.stringify(all[401]))) as Line)],
      ["a removal",                  (all) => all.splice(402, 2)],
      ["a swap",                     (all) => all.splice(403, 2, all[404]!, all[403]!)],
      ["an insertion with its hash", (all) => all.splice(404, 0, ...chained([{}], all[403]))],
      ["a seat too many, chained",   (all) => all.splice(405, 195, ...chained([release(seat("nobody")), {}, {}], all[404]))],
      ["an end that is missing",     (all) => all.splice(500)],
    ];

  it.each(spoilt)("find %s as one does, at the same entry", async (_, spoil) => {
    const changed = [...lines];
    spoil(changed);
    const known = { expected: { sequence: 600, hash: lines.at(-1)!.hash } };
    const alone = new Verifier(known);
    changed.every((line) => alone.add(line));

    let confirmed = 0;
    class Counting extends Verifier {
      override add(line: Line, isChained = false): boolean {
        confirmed += Number(isChained);
        return super.add(line, isChained);
      }
    }
    /** The second thread is given the time that it needs to start. */
    async function* slowly(): AsyncGenerator<string> {
      for (let at = 0; at < changed.length; at += 3) {
        for (const line of changed.slice(at, at + 3)) yield `${JSON.stringify(line)}\n`;
        if (confirmed === 0) await wait(50);
      }
    }
    const together = new Counting(known);
    await addAll(together, slowly(), 0);

    expect(together.report()).toEqual(alone.report());
    expect(confirmed > 0).toBe(availableParallelism() > 1);
  });
});
