import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { loadPlugin } from "../../src/pluginLoader.js";
import { SeatkeeperError } from "../../src/errors.js";
import { describePlugin } from "./contract.js";

/** A folder as a deployment has it, with packages of somebody else in its node_modules. */
const folder = mkdtempSync(join(tmpdir(), "seatkeeper-plugins-"));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function writePackage(name: string, manifest: object, files: Record<string, string>): void {
  write(
    `node_modules/${name}/package.json`,
    JSON.stringify({ name, version: "1.0.0", ...manifest }),
  );
  for (const [path, text] of Object.entries(files)) {
    write(`node_modules/${name}/${path}`, text);
  }
}

const ACORN = `{ id: "acorn", title: "Acorn", leniency: { createOnMissingTarget: true },
  repair: (request) => ({ request, adjusted: [] }) }`;
const ESM = { type: "module", exports: { ".": { default: "./index.js" } } };

beforeAll(() => {
  writePackage("acorn-default", ESM, { "index.js": `export default ${ACORN};` });
  writePackage("acorn-factory", ESM, { "index.js": `export default () => (${ACORN});` });
  writePackage("acorn-named", ESM, { "index.js": `export const plugin = ${ACORN};` });
  writePackage("@acorn/plugin", ESM, {
    "index.js": `export function plugin() { return ${ACORN}; }`,
  });
  writePackage(
    "acorn-cjs",
    { main: "main.cjs" },
    { "main.cjs": `exports.plugin = () => (${ACORN});` },
  );
  writePackage(
    "acorn-import-only",
    {
      type: "module",
      exports: { ".": { types: "./index.d.ts", import: { default: "./index.js" } } },
    },
    { "index.js": `export default ${ACORN};` },
  );
  writePackage("acorn-empty", ESM, { "index.js": "export const nothing = 1;" });
  writePackage("acorn-nameless", ESM, { "index.js": "export default { title: 'x' };" });
  writePackage("acorn-wrong", ESM, {
    "index.js": "export default { id: 'Not An Id', title: 'x' };",
  });
  writePackage("acorn-throws", ESM, {
    "index.js": "export default () => { throw new Error('no licence'); };",
  });
  writePackage("acorn-broken", ESM, { "index.js": "export default {" });
  write("plugins/mine.mjs", `export default ${ACORN};`);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function refusal(specifier: string): Promise<SeatkeeperError> {
  const error: unknown = await loadPlugin(specifier, folder).catch((each: unknown) => each);
  if (error instanceof SeatkeeperError) {
    return error;
  }
  throw new Error(`${specifier} was not refused`);
}

describe("a plugin from outside", () => {
  it.each([
    "acorn-default",
    "acorn-factory",
    "acorn-named",
    "@acorn/plugin",
    "acorn-cjs",
    "acorn-import-only",
    "./plugins/mine.mjs",
  ])("is loaded by its name: %s", async (specifier) => {
    const plugin = await loadPlugin(specifier, folder);

    expect(plugin).toMatchObject({ id: "acorn", title: "Acorn" });
    expect(Object.isFrozen(plugin)).toBe(true);
  });

  // prettier-ignore
  it.each([
    ["acorn-missing",  /cannot be loaded/],
    ["./nowhere.mjs",  /cannot be loaded/],
    ["acorn-broken",   /cannot be loaded/],
    ["acorn-empty",    /needs an id and a title/],
    ["acorn-nameless", /needs an id and a title/],
    ["acorn-wrong",    /lower-case letters/],
    ["acorn-throws",   /no licence/],
  ])("that cannot be used is named: %s", async (specifier, says) => {
    const { code, field, message } = await refusal(specifier);

    expect({ code, field }).toEqual({ code: "InvalidConfiguration", field: "plugins" });
    expect(message).toContain(`"${specifier}"`);
    expect(message).toMatch(says);
  });
});

describePlugin(
  {
    id: "foreign",
    title: "A plugin that implements every part",
    repair: (request) => ({ request, adjusted: [] }),
    shape: (body) => body,
    readIdentity: ({ nameId }) => ({ userName: nameId }),
  },
  [
    {
      name: "a user",
      case: 33,
      source: "none",
      request: { method: "POST", resource: "Users", query: {}, body: { userName: "z" } },
      expected: { document: { userName: "z" } },
    },
  ],
);
