import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** One assertion of a Postman collection, as it came out. */
export interface Assertion {
  /** "Folder / Request: assertion", in the collection's own words. */
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
}

interface Report {
  readonly run: {
    readonly executions: readonly {
      readonly item: { readonly name: string };
      readonly requestError?: { readonly message: string };
      readonly assertions?: readonly {
        readonly assertion: string;
        readonly error?: { readonly message: string };
      }[];
    }[];
  };
}

/**
 * Runs a collection in a process of its own, because newman brings its own globals and timers.
 * @param collection the text of the collection
 */
export async function runCollection(
  collection: string,
  variables: Readonly<Record<string, string>>,
): Promise<Assertion[]> {
  const folder = mkdtempSync(join(tmpdir(), "seatkeeper-newman-"));
  try {
    const input = join(folder, "collection.json");
    const output = join(folder, "report.json");
    writeFileSync(input, collection, { mode: 0o600 });
    await newman(input, output, variables);
    return assertionsIn(
      JSON.parse(collection) as Item,
      JSON.parse(readFileSync(output, "utf8")) as Report,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function newman(
  input: string,
  output: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const program = join(
    dirname(createRequire(import.meta.url).resolve("newman/package.json")),
    "bin/newman.js",
  );
  const values = Object.entries(variables).flatMap(([name, value]) => [
    "--env-var",
    `${name}=${value}`,
  ]);
  const process_ = spawn(
    process.execPath,
    [program, "run", input, "--reporters", "json", "--reporter-json-export", output, ...values],
    { stdio: "ignore" },
  );
  // Its exit code only repeats that some assertion failed.
  await once(process_, "exit");
}

/** The report names requests without their folders; both are in the same order. */
function assertionsIn(collection: Item, { run }: Report): Assertion[] {
  const paths = requestsIn(collection.item ?? []);
  return run.executions.flatMap(({ item, assertions = [], requestError }, index) => {
    const path = paths[index];
    if (path?.at(-1) !== item.name || requestError !== undefined) {
      throw new Error(
        `request ${index} (${item.name}) did not run: ${requestError?.message ?? ""}`,
      );
    }
    return assertions.map(({ assertion, error }) => ({
      name: `${path.join(" / ")}: ${assertion}`,
      passed: error === undefined,
      message: error?.message ?? "",
    }));
  });
}

function requestsIn(items: readonly Item[], path: readonly string[] = []): string[][] {
  return items.flatMap(({ name, item }) =>
    item === undefined ? [[...path, name]] : requestsIn(item, [...path, name]),
  );
}
