import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceDirectory } from "../support/notRun.js";
import { startTestServer } from "../support/server.js";
import { type Assertion, runCollection } from "./newman.js";

/**
 * Microsoft's public Postman collection of its SCIM reference code, against the whole server. What fails is listed in
 * docs/conformance.md with the reason; nothing else may fail, and nothing in the list may have begun to pass.
 */

const ASSERTIONS = 108;
/** newman is a process of its own, and a busy machine is not what is tested. */
const TIMEOUT_MILLISECONDS = 180_000;
const deviations = documentedDeviations();
const directory = conformanceDirectory();

describe("docs/conformance.md", () => {
  it("gives a reason for each assertion that is not met, under at least one kind of connection", () => {
    expect(deviations.length).toBeGreaterThan(0);
    expect(
      deviations.filter(({ plugins, reason }) => plugins.length === 0 || reason.length < 12),
    ).toEqual([]);
  });
});

if (directory !== undefined) {
  const collection = readFileSync(
    join(directory, "microsoft-scim.postman_collection.json"),
    "utf8",
  );

  describe.each([
    { plugin: "entra", passingMin: 105 },
    { plugin: "generic", passingMin: 105 },
  ])("Microsoft's collection on a connection of the plugin $plugin", ({ plugin, passingMin }) => {
    it(
      "fails in exactly the assertions that docs/conformance.md lists",
      async () => {
        const assertions = await runOn(plugin, collection);

        const failing = assertions.filter(({ passed }) => !passed);
        expect(assertions).toHaveLength(ASSERTIONS);
        expect(failing.map(({ name }) => name).sort()).toEqual(
          deviations
            .filter(({ plugins }) => plugins.includes(plugin))
            .map(({ name }) => name)
            .sort(),
        );
        expect(ASSERTIONS - failing.length).toBeGreaterThanOrEqual(passingMin);
      },
      TIMEOUT_MILLISECONDS,
    );
  });
}

/**
 * The collection fetches a token from an address of Microsoft's sample application and overwrites its variable with the
 * outcome, so the token goes into its text instead.
 */
async function runOn(plugin: string, collection: string): Promise<Assertion[]> {
  const server = await startTestServer();
  try {
    const organisation = await server.organisation("acorn");
    const { token, connection } = await organisation.connection(plugin);
    return await runCollection(collection.replaceAll("{{token}}", token), {
      Protocol: "http",
      Server: "127.0.0.1",
      Port: `:${server.port}`,
      Api: `scim/v2/${connection.id}`,
    });
  } finally {
    await server.close();
  }
}

interface Deviation {
  readonly name: string;
  readonly plugins: readonly string[];
  readonly reason: string;
}

/** Rows of the table under "Microsoft's collection": `assertion` | plugins | reason. */
function documentedDeviations(): Deviation[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/conformance.md"), "utf8");
  return page.split("\n").flatMap((line) => {
    const [, name, plugins, reason] = /^\| `(.+ \/ .+: .+)` \| (.*?) \| (.*) \|$/.exec(line) ?? [];
    return name === undefined
      ? []
      : [{ name, plugins: plugins?.split(", ") ?? [], reason: reason ?? "" }];
  });
}
