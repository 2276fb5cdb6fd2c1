import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";

/**
 * The import rules themselves are tested: a rule with a slip in its pattern matches nothing and would stay green for
 * ever. A small project with one import per file is written to a temporary folder and examined with the real rules.
 */
interface Case {
  readonly from: string;
  readonly code: string;
  /** The rules that must fire, or none. */
  readonly rules: readonly string[];
}

// prettier-ignore
const CASES: readonly Case[] = [
  { from: "src/domain/a.ts",   code: `import { x } from "./target.js"`,                 rules: [] },
  { from: "src/domain/b.ts",   code: `import type { T } from "../plugin.js"`,           rules: [] },
  { from: "src/domain/c.ts",   code: `import { x } from "../plugin.js"`,                rules: ["domain-imports-types-only"] },
  { from: "src/domain/d.ts",   code: `import { readFileSync } from "node:fs"`,          rules: ["domain-imports-only-what-its-row-names"] },
  { from: "src/domain/e.ts",   code: `import type { T } from "../ports.js"`,            rules: ["domain-imports-only-what-its-row-names"] },
  { from: "src/domain/f.ts",   code: `import express from "express"`,                   rules: ["domain-imports-only-what-its-row-names"] },
  { from: "src/domain/g.ts",   code: `import { x } from "../store/target.js"`,          rules: ["domain-imports-only-what-its-row-names"] },

  { from: "src/actions/a.ts",  code: `import { x } from "../domain/target.js"`,         rules: [] },
  { from: "src/actions/b.ts",  code: `import { createHash } from "node:crypto"`,        rules: [] },
  { from: "src/actions/c.ts",  code: `import { readFileSync } from "node:fs"`,          rules: ["actions-imports-only-what-its-row-names"] },
  { from: "src/actions/d.ts",  code: `import type { T } from "../store/target.js"`,     rules: ["actions-imports-only-what-its-row-names"] },
  { from: "src/actions/e.ts",  code: `import express from "express"`,                   rules: ["actions-imports-only-what-its-row-names"] },

  { from: "src/store/a.ts",    code: `import { x } from "sequelize"`,                   rules: [] },
  { from: "src/store/b.ts",    code: `import type { T } from "../domain/target.js"`,    rules: [] },
  { from: "src/store/c.ts",    code: `import { x } from "../plugin.js"`,                rules: ["store-imports-types-only"] },
  { from: "src/store/d.ts",    code: `import { x } from "../actions/target.js"`,        rules: ["store-imports-only-what-its-row-names"] },
  { from: "src/store/e.ts",    code: `import { readFileSync } from "node:fs"`,          rules: [] },

  { from: "src/http/a.ts",     code: `import express from "express"`,                   rules: [] },
  { from: "src/http/b.ts",     code: `import { x } from "../actions/target.js"`,        rules: ["http-imports-only-what-its-row-names"] },
  { from: "src/http/c.ts",     code: `import { x } from "../domain/target.js"`,         rules: ["http-imports-types-only"] },

  { from: "src/scim/a.ts",     code: `import { x } from "scimmy"`,                      rules: [] },
  { from: "src/scim/b.ts",     code: `import { x } from "../actions/target.js"`,        rules: [] },
  { from: "src/scim/c.ts",     code: `import { x } from "../saml/target.js"`,           rules: ["scim-imports-only-what-its-row-names"] },
  { from: "src/scim/d.ts",     code: `import { x } from "../store/target.js"`,          rules: ["scim-imports-only-what-its-row-names"] },
  { from: "src/admin/a.ts",    code: `import { x } from "scimmy"`,                      rules: ["admin-imports-only-what-its-row-names", "scimmy-is-confined"] },
  { from: "src/saml/a.ts",     code: `import { x } from "passport"`,                    rules: [] },
  { from: "src/saml/b.ts",     code: `import { x } from "../app.js"`,                   rules: ["composition-is-the-top", "saml-imports-only-what-its-row-names"] },

  { from: "src/practice/a.ts", code: `import { x } from "../errors.js"`,                rules: [] },
  { from: "src/practice/b.ts", code: `import { x } from "../saml/target.js"`,           rules: ["practice-imports-only-what-its-row-names"] },

  { from: "src/verify/a.ts",   code: `import { hash } from "node:crypto"`,              rules: [] },
  { from: "src/verify/b.ts",   code: `import type { T } from "../domain/target.js"`,    rules: ["verify-imports-only-what-its-row-names"] },
  { from: "src/verify/c.ts",   code: `import { readFileSync } from "node:fs"`,          rules: ["verify-imports-only-what-its-row-names"] },

  { from: "plugins/okta/a.ts", code: `import { x } from "../../src/plugin.js"`,         rules: [] },
  { from: "plugins/okta/b.ts", code: `import { x } from "./a.js"`,                      rules: [] },
  { from: "plugins/okta/c.ts", code: `import { x } from "../entra/target.js"`,          rules: ["plugins-imports-only-what-its-row-names"] },
  { from: "plugins/okta/d.ts", code: `import { x } from "../../src/domain/target.js"`,  rules: ["plugins-imports-types-only"] },
  { from: "plugins/okta/e.ts", code: `import { x } from "../../src/store/target.js"`,   rules: ["plugins-imports-only-what-its-row-names"] },

  { from: "src/app.ts",        code: `import { x } from "./store/target.js"`,           rules: [] },
  { from: "src/cli/a.ts",      code: `import { x } from "sequelize"`,                   rules: ["sequelize-is-confined"] },
  { from: "src/main.ts",       code: `import { x } from "jest"`,                        rules: ["shipped-code-needs-no-development-packages"] },
  { from: "src/cli/b.ts",      code: `import { x } from "../newPart/target.js"`,        rules: ["every-file-belongs-to-a-part"] },
  { from: "src/cli/c.ts",      code: `import { x } from "../../test/target.js"`,        rules: ["shipped-code-needs-no-tests"] },

  { from: "src/domain/h.ts",   code: `import type { T } from "./knot.js"`,              rules: ["no-cycles"] },
];

const TARGETS = [
  ...["domain", "store", "actions", "http", "saml", "newPart"].map(
    (part) => `src/${part}/target.ts`,
  ),
  ...["plugin", "ports", "errors"].map((name) => `src/${name}.ts`),
  "plugins/entra/target.ts",
  "test/target.ts",
];

const DEPENDENCIES = ["express", "sequelize", "scimmy", "passport"];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe("the import rules", () => {
  const repository = join(import.meta.dirname, "..");
  const project = mkdtempSync(join(tmpdir(), "seatkeeper-layers-"));
  const fired = new Map<string, string[]>();

  beforeAll(() => {
    writeProject(project, repository);
    for (const { from, rule } of examine(project, repository)) {
      fired.set(from, [...(fired.get(from) ?? []), rule.name].sort());
    }
  });

  afterAll(() => {
    rmSync(project, { recursive: true, force: true });
  });

  it.each(CASES)("$from: $code -> $rules", ({ from, rules }) => {
    expect(fired.get(from) ?? []).toEqual(rules);
  });
});

function writeProject(project: string, repository: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  const versions = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, "1.0.0"]));
  const manifest = {
    type: "module",
    dependencies: versions(DEPENDENCIES),
    devDependencies: versions(["jest"]),
  };
  write("package.json", JSON.stringify(manifest));
  copyFileSync(join(repository, "tsconfig.json"), join(project, "tsconfig.json"));
  for (const name of [...DEPENDENCIES, "jest"]) {
    write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: "1.0.0", main: "index.js" }),
    );
    write(`node_modules/${name}/index.js`, "");
  }
  for (const path of TARGETS) {
    write(path, "export const x = 1;\nexport type T = number;\n");
  }
  write(
    "src/domain/knot.ts",
    `import type { used } from "./h.js";\nexport type T = typeof used;\n`,
  );
  for (const { from, code } of CASES) {
    write(from, `${code};\nexport const used: unknown = undefined;\n`);
  }
}

function examine(project: string, repository: string): Violation[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(repository, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
      ...[
        "--config",
        join(repository, ".dependency-cruiser.cjs"),
        "--output-type",
        "json",
        "src",
        "plugins",
      ],
    ],
    { cwd: project, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (stdout === "") {
    throw new Error(stderr);
  }
  const report = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  return report.summary.violations;
}
