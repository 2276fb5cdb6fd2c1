import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConfigResult,
  exampleCatalogueFile,
  libraryConfig,
  loadConfig,
  practiceConfig,
  readConfig,
  withPort,
} from "../../src/config.js";
import { configurationManual } from "../../src/config/manual.js";
import { OPTIONS } from "../../src/config/schema.js";

const MASTER = "Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM";
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-config-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

const SOUND: Readonly<Record<string, string>> = {
  SEATKEEPER_SERVER_BASE_URL: "https://seats.acorn.example/",
  SEATKEEPER_DATABASE_URL: "mysql://seatkeeper:hunter2@db:3306/seatkeeper",
  SEATKEEPER_SECRETS_MASTER: MASTER,
  SEATKEEPER_CATALOGUE_FILE: exampleCatalogueFile(),
};

function read(
  environment: Readonly<Record<string, string | undefined>>,
  file?: string,
): ConfigResult {
  return readConfig({ file, environment, directory });
}

function problemsOf(result: ConfigResult): readonly { option: string; message: string }[] {
  return result.ok ? [] : result.problems;
}

function configOf(result: ConfigResult) {
  if (!result.ok) {
    throw new Error(JSON.stringify(result.problems));
  }
  return result.config;
}

describe("a sound configuration", () => {
  it("is read from the environment alone, with the documented defaults", () => {
    const config = configOf(read(SOUND));

    expect(config.server).toEqual({
      baseUrl: "https://seats.acorn.example",
      host: "127.0.0.1",
      port: 3000,
      trustProxy: 0,
      shutdownSeconds: 20,
    });
    expect(config.webhook).toBeNull();
    expect(config.limits.scimBodyBytes).toBe(1_048_576);
    expect(config.mode).toBe("production");
  });

  it("is read from a file, with paths relative to that file", () => {
    write("master", `${MASTER}\n`);
    write("catalogue.yaml", readFileSync(exampleCatalogueFile(), "utf8"));
    const file = write(
      "seatkeeper.yaml",
      [
        "server: { baseUrl: 'https://seats.acorn.example', port: 8080 }",
        "database: { url: 'sqlite:data.sqlite' }",
        "secrets: { masterFile: master }",
        "catalogue: { file: catalogue.yaml }",
        "plugins: [./own-plugin.js, '@acorn/plugin']",
        `webhook: { url: 'https://app.acorn.example/hook', secret: ${WEBHOOK_SECRET} }`,
      ].join("\n"),
    );

    const config = configOf(readConfig({ file, environment: {}, directory: "/" }));

    expect(config.database.url).toBe(`sqlite:${join(directory, "data.sqlite")}`);
    expect(config.secrets.master).toBe(MASTER);
    expect(config.catalogue.file).toBe(join(directory, "catalogue.yaml"));
    expect(config.plugins).toEqual([join(directory, "own-plugin.js"), "@acorn/plugin"]);
    expect(config.webhook).toEqual({
      url: "https://app.acorn.example/hook",
      secret: WEBHOOK_SECRET,
      timeoutSeconds: 10,
    });
  });

  it("pushes no security events unless an address is given, which is the audience unless another is", () => {
    const url = "https://signals.acorn.example/events";
    expect(configOf(read(SOUND)).eventPush).toBeNull();
    expect(configOf(read({ ...SOUND, SEATKEEPER_EVENT_PUSH_URL: url })).eventPush).toEqual({
      url,
      audience: url,
      token: null,
      timeoutSeconds: 10,
    });
    const token = write("token", "from-a-file\n");
    const more = { SEATKEEPER_EVENT_PUSH_TOKEN_FILE: token, SEATKEEPER_EVENT_PUSH_AUDIENCE: "us" };
    const config = configOf(read({ ...SOUND, SEATKEEPER_EVENT_PUSH_URL: url, ...more }));
    expect(config.eventPush).toMatchObject({ audience: "us", token: "from-a-file" });
  });

  it("lets the environment win over the file, option by option", () => {
    const file = write("seatkeeper.yaml", "server: { port: 8080, host: 0.0.0.0 }");

    const config = configOf(read({ ...SOUND, SEATKEEPER_SERVER_PORT: "9090" }, file));

    expect(config.server).toMatchObject({ port: 9090, host: "0.0.0.0" });
  });

  it("finds the file by SEATKEEPER_CONFIG and ignores variables that are set to nothing", () => {
    const file = write("seatkeeper.yaml", "server: { port: 8080 }");

    const config = configOf(
      read({ ...SOUND, SEATKEEPER_CONFIG: file, SEATKEEPER_SERVER_PORT: "" }),
    );

    expect(config.server.port).toBe(8080);
  });

  it("reads every type from the environment", () => {
    const config = configOf(
      read({
        ...SOUND,
        SEATKEEPER_PLUGINS: "one, two",
        SEATKEEPER_SERVER_TRUST_PROXY: "10.0.0.0/8, loopback",
        SEATKEEPER_LOG_LEVEL: "debug",
      }),
    );

    expect(config.plugins).toEqual(["one", "two"]);
    expect(config.server.trustProxy).toBe("10.0.0.0/8, loopback");
    expect(configOf(read({ ...SOUND, SEATKEEPER_SERVER_TRUST_PROXY: "2" })).server.trustProxy).toBe(
      2,
    );
    expect(config.log.level).toBe("debug");
  });

  it("takes a secret from a file named by a *_FILE variable", () => {
    const config = configOf(
      read({
        ...SOUND,
        SEATKEEPER_SECRETS_MASTER: undefined,
        SEATKEEPER_SECRETS_MASTER_FILE: write("master", `${MASTER}\n`),
      }),
    );

    expect(config.secrets.master).toBe(MASTER);
  });

  it("is frozen at every depth", () => {
    const config = configOf(read(SOUND));

    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.server)).toBe(true);
    expect(Object.isFrozen(config.plugins)).toBe(true);
  });
});

describe("a refusal to start", () => {
  const cases: {
    what: string;
    change: Readonly<Record<string, string | undefined>>;
    option: string;
    says: RegExp;
  }[] = [
    {
      what: "no base address",
      change: { SEATKEEPER_SERVER_BASE_URL: undefined },
      option: "server.baseUrl",
      says: /Missing.*SEATKEEPER_SERVER_BASE_URL/,
    },
    {
      what: "a plain http base address",
      change: { SEATKEEPER_SERVER_BASE_URL: "http://seats.acorn.example" },
      option: "server.baseUrl",
      says: /Plain http.*https/,
    },
    {
      what: "plain http even on this machine",
      change: { SEATKEEPER_SERVER_BASE_URL: "http://localhost:3000" },
      option: "server.baseUrl",
      says: /Plain http/,
    },
    {
      what: "a base address that is none",
      change: { SEATKEEPER_SERVER_BASE_URL: "seats" },
      option: "server.baseUrl",
      says: /Not an address/,
    },
    {
      what: "a base address with a query",
      change: { SEATKEEPER_SERVER_BASE_URL: "https://a.example/?x=1" },
      option: "server.baseUrl",
      says: /remove the user name, query or fragment/,
    },
    {
      what: "no master secret",
      change: { SEATKEEPER_SECRETS_MASTER: undefined },
      option: "secrets.master",
      says: /Missing.*openssl rand/,
    },
    {
      what: "a short master secret",
      change: { SEATKEEPER_SECRETS_MASTER: "short-but-random-9x" },
      option: "secrets.master",
      says: /Shorter than 32 bytes/,
    },
    {
      what: "the practice mode's master secret",
      change: { SEATKEEPER_SECRETS_MASTER: practiceConfig().secrets.master },
      option: "secrets.master",
      says: /public secret/,
    },
    {
      what: "a placeholder as master secret",
      change: { SEATKEEPER_SECRETS_MASTER: "change-me-change-me-change-me-change-me" },
      option: "secrets.master",
      says: /placeholder/,
    },
    {
      what: "one letter as master secret",
      change: { SEATKEEPER_SECRETS_MASTER: "a".repeat(64) },
      option: "secrets.master",
      says: /placeholder/,
    },
    {
      what: "an unreadable master secret file",
      change: { SEATKEEPER_SECRETS_MASTER: undefined, SEATKEEPER_SECRETS_MASTER_FILE: "missing" },
      option: "secrets.masterFile",
      says: /cannot be read/,
    },
    {
      what: "a master secret given twice",
      change: { SEATKEEPER_SECRETS_MASTER_FILE: "master" },
      option: "secrets.master",
      says: /Given twice/,
    },
    {
      what: "no database",
      change: { SEATKEEPER_DATABASE_URL: undefined },
      option: "database.url",
      says: /Missing/,
    },
    {
      what: "a database in memory",
      change: { SEATKEEPER_DATABASE_URL: "sqlite::memory:" },
      option: "database.url",
      says: /lost at every restart/,
    },
    {
      what: "a database in memory without a name",
      change: { SEATKEEPER_DATABASE_URL: "sqlite:" },
      option: "database.url",
      says: /lost at every restart/,
    },
    {
      what: "an unsupported database",
      change: { SEATKEEPER_DATABASE_URL: "postgres://db/x" },
      option: "database.url",
      says: /not supported/,
    },
    {
      what: "a database address without a name",
      change: { SEATKEEPER_DATABASE_URL: "mysql://db" },
      option: "database.url",
      says: /Incomplete/,
    },
    {
      what: "no catalogue",
      change: { SEATKEEPER_CATALOGUE_FILE: undefined },
      option: "catalogue.file",
      says: /Missing/,
    },
    {
      what: "a catalogue that cannot be read",
      change: { SEATKEEPER_CATALOGUE_FILE: "missing.yaml" },
      option: "catalogue.file",
      says: /cannot be read/,
    },
    {
      what: "a webhook without secret",
      change: { SEATKEEPER_WEBHOOK_URL: "https://a.example/h" },
      option: "webhook.secret",
      says: /Missing/,
    },
    {
      what: "a webhook secret that cannot be read",
      change: {
        SEATKEEPER_WEBHOOK_URL: "https://a.example/h",
        SEATKEEPER_WEBHOOK_SECRET: "whsec_!!",
      },
      option: "webhook.secret",
      says: /Cannot be read/,
    },
    {
      what: "a webhook secret that is too short",
      change: {
        SEATKEEPER_WEBHOOK_URL: "https://a.example/h",
        SEATKEEPER_WEBHOOK_SECRET: "whsec_YWJj",
      },
      option: "webhook.secret",
      says: /24 to 64 bytes/,
    },
    {
      what: "an unreadable webhook secret file",
      change: {
        SEATKEEPER_WEBHOOK_URL: "https://a.example/h",
        SEATKEEPER_WEBHOOK_SECRET_FILE: "missing",
      },
      option: "webhook.secretFile",
      says: /cannot be read/,
    },
    {
      what: "a webhook address that is none",
      change: { SEATKEEPER_WEBHOOK_URL: "ftp://x", SEATKEEPER_WEBHOOK_SECRET: WEBHOOK_SECRET },
      option: "webhook.url",
      says: /Not an http or https address/,
    },
    {
      what: "an address for security events that is none",
      change: { SEATKEEPER_EVENT_PUSH_URL: "signals.acorn.example" },
      option: "eventPush.url",
      says: /Not an http or https address/,
    },
    {
      what: "a token for security events that go nowhere",
      change: { SEATKEEPER_EVENT_PUSH_TOKEN: "secret" },
      option: "eventPush.url",
      says: /nothing would be pushed/,
    },
    {
      what: "a token for security events that is given twice",
      change: {
        SEATKEEPER_EVENT_PUSH_URL: "https://signals.acorn.example",
        SEATKEEPER_EVENT_PUSH_TOKEN: "secret",
        SEATKEEPER_EVENT_PUSH_TOKEN_FILE: "token",
      },
      option: "eventPush.token",
      says: /Given twice/,
    },
    {
      what: "a token for security events that no header can carry",
      change: {
        SEATKEEPER_EVENT_PUSH_URL: "https://signals.acorn.example",
        SEATKEEPER_EVENT_PUSH_TOKEN: "two words",
      },
      option: "eventPush.token",
      says: /header/,
    },
    {
      what: "a retention that is negative",
      change: { SEATKEEPER_RETENTION_DELETED_DAYS: "-1" },
      option: "retention.deletedDays",
      says: /At least 0|whole number/,
    },
    {
      what: "a port that is no number",
      change: { SEATKEEPER_SERVER_PORT: "http" },
      option: "server.port",
      says: /whole number/,
    },
    {
      what: "a port out of range",
      change: { SEATKEEPER_SERVER_PORT: "70000" },
      option: "server.port",
      says: /At most 65535/,
    },
    {
      what: "an unknown level",
      change: { SEATKEEPER_LOG_LEVEL: "loud" },
      option: "log.level",
      says: /One of debug, info, warn, error, silent/,
    },
    {
      what: "an idle time longer than the session",
      change: { SEATKEEPER_SIGN_IN_SESSION_HOURS: "1", SEATKEEPER_SIGN_IN_IDLE_MINUTES: "90" },
      option: "signIn.idleMinutes",
      says: /Longer than signIn.sessionHours/,
    },
    {
      what: "a landing path on another host",
      change: { SEATKEEPER_SIGN_IN_LANDING_PATH: "//evil.example" },
      option: "signIn.landingPath",
      says: /begins with one slash/,
    },
    {
      what: "an unknown variable",
      change: { SEATKEEPER_SERVER_PROT: "1" },
      option: "SEATKEEPER_SERVER_PROT",
      says: /Did you mean "SEATKEEPER_SERVER_PORT"\?/,
    },
  ];

  it.each(cases)("names the option and what to do: $what", ({ change, option, says }) => {
    const problems = problemsOf(read({ ...SOUND, ...change }));

    expect(problems).toEqual([{ option, message: expect.stringMatching(says) }]);
  });

  it.each([
    {
      what: "an unknown section",
      text: "sever: {}",
      option: "sever",
      says: 'Did you mean "server"?',
    },
    {
      what: "an unknown key in a section",
      text: "server: { baseURL2: x }",
      option: "server.baseURL2",
      says: 'Did you mean "baseUrl"?',
    },
    { what: "a section that is no mapping", text: "log: 3", option: "log", says: "mapping" },
    { what: "a file that is no mapping", text: "[1]", option: "FILE", says: "mapping of sections" },
    { what: "a file that is not YAML", text: "server: {\n", option: "FILE", says: "line " },
    { what: "a key given twice", text: "server: {}\nserver: {}", option: "FILE", says: "unique" },
  ])("explains the file: $what", ({ text, option, says }) => {
    const file = write("seatkeeper.yaml", text);

    const problems = problemsOf(read(SOUND, file));

    expect(problems).toEqual([
      { option: option === "FILE" ? file : option, message: expect.stringContaining(says) },
    ]);
  });

  it("says so when the configuration file cannot be read", () => {
    expect(problemsOf(read(SOUND, join(directory, "missing.yaml")))).toHaveLength(1);
  });

  it.each([
    ["is missing", null],
    ["has a tab for indentation", "server:\n\tport: 1"],
    ["has a key twice", "server:\n  port: 1\nserver:\n  port: 2"],
    ["is a list", "- server"],
  ])("calls nothing missing that may stand in a file that %s", (_, text) => {
    const file = text === null ? join(directory, "missing.yaml") : write("seatkeeper.yaml", text);

    expect(problemsOf(read({}, file)).map(({ option }) => option)).toEqual([file]);
  });

  it.each(["loopback, foo", "true", "10.0.0.0/33", "10.0.0.0/", "1.2.3", "::1/129", ","])(
    "refuses proxies that Express could not read, before it starts: %s",
    (proxies) => {
      const [problem] = problemsOf(read({ ...SOUND, SEATKEEPER_SERVER_TRUST_PROXY: proxies }));

      expect(problem?.option).toBe("server.trustProxy");
      expect(problem?.message).toMatch(/^How many proxies/);
    },
  );

  it.each(["loopback, 10.0.0.0/8", "10.0.0.0/255.0.0.0", "fd00::/8,uniquelocal", "127.0.0.1"])(
    "takes proxies in the forms of Express: %s",
    (proxies) => {
      expect(read({ ...SOUND, SEATKEEPER_SERVER_TRUST_PROXY: proxies })).toMatchObject({
        ok: true,
        config: { server: { trustProxy: proxies } },
      });
    },
  );

  it("reports everything at once", () => {
    const problems = problemsOf(read({ SEATKEEPER_SERVER_PORT: "x", SEATKEEPER_LIMIT_X: "1" }));

    expect(problems.map(({ option }) => option).sort()).toEqual([
      "SEATKEEPER_LIMIT_X",
      "catalogue.file",
      "database.url",
      "secrets.master",
      "server.baseUrl",
      "server.port",
    ]);
    expect(() => loadConfig({ environment: {}, directory })).toThrow(
      expect.objectContaining({
        code: "InvalidConfiguration",
        field: "server.baseUrl",
      }),
    );
  });

  it("lists the problems of the catalogue", () => {
    const file = write("catalogue.yaml", "products: {}\nrolls: {}");

    const [problem] = problemsOf(read({ ...SOUND, SEATKEEPER_CATALOGUE_FILE: file }));

    expect(problem?.message).toContain('Did you mean "roles"?');
    expect(problem?.message).toContain("at least one product");
  });

  it("never repeats a secret", () => {
    const file = write(
      "seatkeeper.yaml",
      "secrets: { master: [hunter2] }\nwebhook: { secret: hunter2 }",
    );
    const result = read(
      { ...SOUND, SEATKEEPER_SECRETS_MASTER: undefined, SEATKEEPER_DATABASE_URL: "pg://hunter2" },
      file,
    );

    expect(problemsOf(result).length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(result)).not.toContain("hunter2");
  });
});

describe("the library's configuration", () => {
  const sound = {
    server: { baseUrl: "https://app.acorn.example/seats/" },
    database: { url: "sqlite:/var/lib/seatkeeper.sqlite" },
    secrets: { master: MASTER },
    catalogue: { file: exampleCatalogueFile() },
  };

  it("is checked like a server's, and reads neither file nor environment", () => {
    expect(libraryConfig(sound)).toMatchObject({
      mode: "production",
      server: { baseUrl: "https://app.acorn.example/seats", port: 3000 },
    });
    expect(() => libraryConfig({ ...sound, secrets: { master: "short" } })).toThrow(
      "secrets.master: Shorter than 32 bytes.",
    );
    expect(() => libraryConfig({})).toThrow(/server\.baseUrl[^]*secrets\.master[^]*database\.url/);
  });

  it("refuses unknown options with the nearest one", () => {
    const misspelt = { ...sound, server: { ...sound.server, trustproxy: 1 } };

    expect(() => libraryConfig(misspelt)).toThrow('Did you mean "trustProxy"?');
  });

  it("needs nothing for development", () => {
    expect(libraryConfig({ mode: "practice" })).toMatchObject({
      mode: "practice",
      database: { url: "sqlite::memory:" },
    });
  });
});

describe("a port that the system chooses", () => {
  it("becomes part of the base address", () => {
    const config = withPort(practiceConfig({ port: 0 }), 4711);

    expect(config.server).toMatchObject({ port: 4711, baseUrl: "http://127.0.0.1:4711" });
    expect(Object.isFrozen(config.server)).toBe(true);
  });
});

describe("the practice mode", () => {
  it("needs nothing and keeps everything in memory", () => {
    const config = practiceConfig({
      environment: { SEATKEEPER_DATABASE_URL: "mysql://real/data" },
    });

    expect(config).toMatchObject({
      mode: "practice",
      server: { baseUrl: "http://127.0.0.1:4600", host: "127.0.0.1" },
      database: { url: "sqlite::memory:" },
      log: { level: "warn" },
    });
  });

  it("keeps its data in a directory when told to", () => {
    expect(practiceConfig({ dataDir: "/var/x", port: 4000 })).toMatchObject({
      database: { url: "sqlite:/var/x/seatkeeper.sqlite" },
      server: { port: 4000, baseUrl: "http://127.0.0.1:4000" },
    });
  });
});

describe("the manual", () => {
  it("is in step with the schema (node tools/generateDocs.mjs writes it)", () => {
    const manual = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

    expect(manual).toBe(configurationManual());
  });

  it("has a sentence and a variable of its own for every option", () => {
    expect(OPTIONS.every(({ facts }) => /\.$/.test(facts.about))).toBe(true);
    expect(new Set(OPTIONS.map(({ variable }) => variable)).size).toBe(OPTIONS.length);
  });
});
