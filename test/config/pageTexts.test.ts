import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { libraryConfig } from "../../src/config.js";

const directory = mkdtempSync(join(tmpdir(), "seatkeeper-texts-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function pagesWith(text: string | null) {
  const textsFile = join(directory, "texts.yaml");
  if (text === null) rmSync(textsFile, { force: true });
  else writeFileSync(textsFile, text);
  return libraryConfig({ mode: "practice", pages: { textsFile } }).pages;
}

it("reads texts by language and key, and takes an empty file for none", () => {
  expect(pagesWith("fr:\n  find.heading: Connexion\n").texts).toEqual({
    fr: { "find.heading": "Connexion" },
  });
  expect(pagesWith("").texts).toEqual({});
  expect(pagesWith("").productName).toBeNull();
});

it.each([
  ["is not there", null, "cannot be read"],
  ["is no YAML", "fr: [", "Not valid YAML"],
  ["has no texts", "fr: 5", "fr"],
  ["has a text that is none", "fr: { find.heading: 5 }", "A text is expected"],
])("refuses a file that %s, at the start and by name", (_title, text, said) => {
  expect(() => pagesWith(text)).toThrow(/pages\.textsFile/);
  expect(() => pagesWith(text)).toThrow(said);
});
