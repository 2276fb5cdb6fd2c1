import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import ts from "typescript";
import { ERRORS, type ErrorSpec } from "../src/errors.js";

/** Tests about the code itself: what is not checked drifts. */

const ROOT = join(import.meta.dirname, "..");
const shippedFiles = [...filesUnder("src", ".ts"), ...filesUnder("plugins", ".ts")];
const testFiles = filesUnder("test", ".ts");

describe("the source code", () => {
  const LINES_MAX = 300;
  const REASON = /^\/\* eslint-disable max-lines -- \S.{10,} \*\/$/;

  it("has no file of more than 300 lines without a reason in its first line", () => {
    const unexplained = shippedFiles
      .map((file) => ({ file, lines: read(file).trimEnd().split("\n") }))
      .filter(({ lines }) => lines.length > LINES_MAX && !REASON.test(lines[0] ?? ""))
      .map(({ file, lines }) => `${file}: ${lines.length} lines`);

    expect(unexplained).toEqual([]);
  });

  it("gives a reason with every lint rule that it switches off", () => {
    const unexplained = [...shippedFiles, ...testFiles].flatMap((file) =>
      linesMatching(file, /(eslint-disable(?!.* -- \S)|@ts-(expect-error|ignore|nocheck)(?!: \S))/),
    );

    expect(unexplained.filter((line) => !line.startsWith("test/tidy.test.ts"))).toEqual([]);
  });

  it("has no notes about unfinished work", () => {
    expect(shippedFiles.flatMap((file) => linesMatching(file, /\b(TODO|FIXME|XXX)\b/))).toEqual([]);
  });
});

describe("the tests", () => {
  it("are all run: none is skipped or run alone, except through test/support", () => {
    const skippedOrAlone =
      /\b(it|test|describe)(\.each)?\.(skip|only|todo)\b|\b(fit|xit|xtest|fdescribe|xdescribe)\(/;
    const files = testFiles.filter((file) => !file.startsWith("test/support/"));

    expect(files.flatMap((file) => linesMatching(file, skippedOrAlone))).toEqual([]);
  });
});

describe("docs/errors.md", () => {
  it("lists exactly the codes of src/errors.ts, each with its status, scimType and sentence", () => {
    const specs: Readonly<Record<string, ErrorSpec>> = ERRORS;
    const documented = tableRows("docs/errors.md").map(([code, status, scimType, sentence]) => ({
      code,
      status,
      scimType,
      sentence,
    }));

    expect(documented).toEqual(
      Object.entries(specs).map(([code, { status, scimType = "", sentence }]) => ({
        code,
        status: String(status),
        scimType,
        sentence,
      })),
    );
  });

  it("says for each code when it is given", () => {
    expect(tableRows("docs/errors.md").filter((cells) => (cells[4] ?? "").length < 20)).toEqual([]);
  });
});

describe("the plugins", () => {
  const folders = foldersIn("plugins");

  it("are all in the registry under their own id, and nothing else is", async () => {
    const registry = await builtInPlugins();

    expect(Object.keys(registry).sort()).toEqual(folders);
    expect(Object.entries(registry).filter(([id, plugin]) => plugin.id !== id)).toEqual([]);
  });

  it("each have recorded requests in test/fixtures", () => {
    const without = folders.filter((id) => filesUnder(`test/fixtures/${id}`, "").length === 0);

    expect(without).toEqual([]);
  });

  it("each have a page for the administrator, with the same parts, and no page is left over", () => {
    const PARTS = [
      "## Attributes",
      "## When somebody leaves",
      "## How to test it",
      "(SAML)",
      "(SCIM)",
    ];
    const pages = filesUnder("docs/idp", ".md").map((page) => page.slice("docs/idp/".length, -3));
    const lacking = folders.flatMap((id) => {
      const text = existsSync(join(ROOT, `docs/idp/${id}.md`)) ? read(`docs/idp/${id}.md`) : "";
      return [...PARTS, `plugin \`${id}\``]
        .filter((part) => !text.includes(part))
        .map((part) => `${id}: ${part}`);
    });

    expect(pages).toEqual(folders);
    expect(lacking).toEqual([]);
  });

  it("are exactly those in the table of docs/plugins.md", () => {
    const documented = tableRows("docs/plugins.md").map(([id]) => id);

    expect(documented.sort()).toEqual(folders);
  });
});

describe("the documentation", () => {
  it("has no link to a file that does not exist", () => {
    const pages = [
      ...filesUnder("docs", ".md"),
      ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
    ];
    const broken = pages.flatMap((page) =>
      relativeLinks(read(page))
        .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
        .map((target) => `${page} -> ${target}`),
    );

    expect(broken).toEqual([]);
  });

  it("has an entry in the change log for the present version", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };

    expect(read("CHANGELOG.md")).toMatch(
      new RegExp(`^## ${version.replaceAll(".", "\\.")}\\b`, "m"),
    );
  });
});

describe("the package", () => {
  it("exports exactly the names in test/publicNames.txt", () => {
    expect(exportedNames("src/index.ts")).toEqual(read("test/publicNames.txt").trim().split("\n"));
  });

  it("has a lock file that names no registry, so that it works with any mirror", () => {
    expect(read(".npmrc")).toContain("omit-lockfile-registry-resolved=true");
    expect(linesMatching("package-lock.json", /"resolved":/)).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Paths from the root, in order; none when there is no such folder. */
function filesUnder(folder: string, ending: string): string[] {
  const start = join(ROOT, folder);
  if (!existsSync(start)) {
    return [];
  }
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

function foldersIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function linesMatching(file: string, pattern: RegExp): string[] {
  return read(file)
    .split("\n")
    .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
}

/** Cells of the rows whose first cell is a name in code quotes; the quotes are dropped. */
function tableRows(page: string): string[][] {
  return read(page)
    .split("\n")
    .filter((line) => /^\| `[^`]+` \|/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
    );
}

function relativeLinks(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));
}

async function builtInPlugins(): Promise<Record<string, { readonly id: string }>> {
  const registry = await import(pathToFileURL(join(ROOT, "plugins/index.ts")).href);
  return registry.builtInPlugins;
}

/** Values and types alike; index.ts re-exports by name only, so that this list is all there is. */
function exportedNames(path: string): string[] {
  const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest);
  return file.statements
    .filter((statement) => ts.isExportDeclaration(statement))
    .flatMap(({ exportClause }) => {
      if (exportClause === undefined || !ts.isNamedExports(exportClause)) {
        throw new Error(`${path} must export by name, not with a star`);
      }
      return exportClause.elements.map(({ name }) => name.text);
    })
    .sort();
}
