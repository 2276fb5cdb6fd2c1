import { z } from "zod";
import { unwrapped } from "../validation.js";
import { limits } from "./limits.js";
import { facts, option, path, proxies, text, wholeNumber, type OptionFacts } from "./option.js";

/**
 * Every option there is: type, default and one sentence, in one place. The manual (docs/configuration.md), the names of
 * environment variables and the check for unknown keys all derive from it.
 */

const server = z.strictObject({
  baseUrl: option(text().optional(), {
    about:
      "The address under which browsers and identity providers reach Seatkeeper. It becomes part of every SCIM and SAML address that is pasted into an identity provider, so it should not change later. Must be https.",
    without: "required",
    example: "https://seats.acorn.example",
  }),
  host: option(text().default("127.0.0.1"), {
    about:
      "The network address to listen on. Use 0.0.0.0 in a container. TLS ends in the proxy in front.",
  }),
  port: option(wholeNumber(0, 65_535).default(3000), { about: "The port to listen on." }),
  trustProxy: option(proxies().default(0), {
    about:
      "How many proxies stand in front, or their addresses separated by commas, so that the client's address in the log is the real one. 0 believes no X-Forwarded header.",
    example: "1",
  }),
  shutdownSeconds: option(wholeNumber(1, 300).default(20), {
    about: "How long running requests may take to finish after SIGTERM before they are cut off.",
  }),
});

const database = z.strictObject({
  url: option(text().optional(), {
    about:
      "Where the data lives: mysql://user:password@host:3306/name (MySQL 8.0.17, MariaDB 10.6 or later, also mariadb://) or sqlite:path/to/file for one process.",
    without: "required",
    example: "mysql://seatkeeper:...@db.internal:3306/seatkeeper",
    secret: true,
  }),
  urlFile: option(text().optional(), {
    about: "A file that holds the database address, instead of `database.url`.",
    without: "not used",
    example: "/run/secrets/database-url",
    path: true,
  }),
  poolSize: option(wholeNumber(1, 200).default(10), {
    about: "How many database connections one node keeps. SQLite always has one.",
  }),
});

const secrets = z.strictObject({
  master: option(text().optional(), {
    about:
      "At least 32 bytes from a random source, the same on every node (`openssl rand -base64 48`). It protects the signing keys that are stored in the database.",
    without: "required",
    secret: true,
  }),
  masterFile: option(text().optional(), {
    about: "A file that holds the master secret, instead of `secrets.master`.",
    without: "not used",
    example: "/run/secrets/master",
    path: true,
  }),
  masterPrevious: option(text().optional(), {
    about:
      "The master secret of before, while it is being changed (docs/keys.md). What was sealed under it can still be opened.",
    without: "not used",
    secret: true,
  }),
  masterPreviousFile: option(text().optional(), {
    about: "A file that holds the master secret of before, instead of `secrets.masterPrevious`.",
    without: "not used",
    example: "/run/secrets/master-previous",
    path: true,
  }),
});

const catalogue = z.strictObject({
  file: option(text().optional(), {
    about:
      "The YAML file with products, tiers, roles, permissions and settings (docs/catalogue.md).",
    without: "required",
    example: "catalogue.yaml",
    path: true,
  }),
});

const webhook = z.strictObject({
  url: option(text().optional(), {
    about:
      "Where events go, signed in the Standard Webhooks form. Use https outside a private network.",
    without: "no events are sent",
    example: "https://app.acorn.example/hooks/seatkeeper",
  }),
  secret: option(text().optional(), {
    about: "The key that signs events: `whsec_` followed by 24 to 64 bytes in base64.",
    without: "required with `webhook.url`",
    secret: true,
  }),
  secretFile: option(text().optional(), {
    about: "A file that holds the webhook secret, instead of `webhook.secret`.",
    without: "not used",
    example: "/run/secrets/webhook",
    path: true,
  }),
  timeoutSeconds: option(wholeNumber(1, 60).default(10), {
    about: "How long the receiver may take to answer before the event is tried again later.",
  }),
});

const eventPush = z.strictObject({
  url: option(text().optional(), {
    about:
      "Where provisioning events are pushed as security event tokens (RFC 9967, RFC 8935), beside the webhook. Use https outside a private network.",
    without: "no tokens are pushed",
    example: "https://signals.acorn.example/events",
  }),
  audience: option(text().optional(), {
    about: "The `aud` claim of the tokens: what the receiver calls itself.",
    without: "`eventPush.url`",
    example: "https://signals.acorn.example",
  }),
  token: option(text().optional(), {
    about: "The bearer token that the receiver expects.",
    without: "none is sent",
    secret: true,
  }),
  tokenFile: option(text().optional(), {
    about: "A file that holds the bearer token, instead of `eventPush.token`.",
    without: "not used",
    example: "/run/secrets/event-push",
    path: true,
  }),
  timeoutSeconds: option(wholeNumber(1, 60).default(10), {
    about: "How long the receiver may take to answer before the event is tried again later.",
  }),
});

const signIn = z.strictObject({
  sessionHours: option(wholeNumber(1, 720).default(12), {
    about: "How long a session lasts at most, whatever the person does.",
  }),
  idleMinutes: option(wholeNumber(1, 43_200).default(120), {
    about: "How long a session lasts without use. Not longer than the session itself.",
  }),
  tokenSeconds: option(wholeNumber(10, 600).default(60), {
    about: "How long the signed token is valid that the browser carries to the application.",
  }),
  clockSkewSeconds: option(wholeNumber(60, 120).default(60), {
    about: "How far the identity provider's clock may be off.",
  }),
  requestMinutes: option(wholeNumber(1, 60).default(10), {
    about:
      "How long a person may take at the identity provider before the sign-in has to begin again.",
  }),
  metadataRefreshMinutes: option(wholeNumber(5, 10_080).default(360), {
    about:
      "How often the metadata of identity providers is read again where a connection has its address.",
  }),
  landingPath: option(path().default("/signed-in"), {
    about: "Where the browser goes after a sign-in on a connection without an application address.",
  }),
  addresses: option(z.enum(["none", "coarse", "full"]).default("coarse"), {
    about:
      "How much of the browser's address is kept with sessions and in the sign-in log: nothing, the network (a /24 of IPv4, a /48 of IPv6), or all of it.",
  }),
});

const pages = z.strictObject({
  productName: option(text().max(80, "At most 80 characters are expected.").optional(), {
    about: "The name of your product, shown on the pages of the sign-in (docs/pages.md).",
    without: "none is shown",
    example: "Acorn Desk",
  }),
  textsFile: option(text().optional(), {
    about:
      "A YAML file with texts of your own for these pages: by language, then by key. English and German are there.",
    without: "not used",
    example: "texts.yaml",
    path: true,
  }),
  namesShown: option(z.boolean("true or false is expected.").default(true), {
    about:
      "Whether somebody whose seat was taken over is told the display name of who has it now. Without, only when it was.",
  }),
});

const oauth = z.strictObject({
  tokenMinutes: option(wholeNumber(60, 360).default(60), {
    about:
      "How long an access token of the token endpoint is valid. Entra accepts 60 to 360 minutes.",
  }),
});

const provisioningLog = z.strictObject({
  keepDays: option(wholeNumber(0, 3_650).default(30), {
    about:
      "How many days the provisioning log keeps what identity providers sent and what became of it (docs/provisioning-log.md). 0 switches it off and deletes what is there.",
  }),
  reads: option(z.boolean("true or false is expected.").default(false), {
    about:
      "Whether it also keeps reads that were answered; without, only those that were refused. A provider that imports reads a lot.",
  }),
});

const signInLog = z.strictObject({
  keepDays: option(wholeNumber(0, 3_650).default(90), {
    about:
      "How many days the sign-in log keeps who tried to sign in and why it was refused (docs/sign-in-log.md). 0 switches it off and deletes what is there.",
  }),
  traceHours: option(wholeNumber(1, 168).default(24), {
    about:
      "How long a message is kept that came while a trace was on. It is encrypted under the master secret.",
  }),
});

const retention = z.strictObject({
  deletedDays: option(wholeNumber(0, 3_650).default(30), {
    about:
      "How long a deleted account is kept aside, so that the same person gets the same account back, with what was given by hand. Afterwards it is removed for good.",
  }),
  planHours: option(wholeNumber(1, 720).default(24), {
    about:
      "How long a plan may be applied after it was made (docs/plans.md). A day later it is deleted; it names the people concerned.",
  }),
});

const log = z.strictObject({
  level: option(z.enum(["debug", "info", "warn", "error", "silent"]).default("info"), {
    about:
      "The least severe level that is written to the log (standard error, one JSON object a line).",
  }),
});

export const optionsSchema = z.strictObject({
  server: server.prefault({}),
  database: database.prefault({}),
  secrets: secrets.prefault({}),
  catalogue: catalogue.prefault({}),
  plugins: option(z.array(text()).max(50).default([]), {
    about:
      "Further plugins for identity providers, by package name or by path, beside those that come with Seatkeeper. In the environment: separated by commas.",
    example: '["@acorn/seatkeeper-plugin-keycloak"]',
  }),
  webhook: webhook.prefault({}),
  eventPush: eventPush.prefault({}),
  signIn: signIn.prefault({}),
  pages: pages.prefault({}),
  oauth: oauth.prefault({}),
  limits: limits.prefault({}),
  provisioningLog: provisioningLog.prefault({}),
  signInLog: signInLog.prefault({}),
  retention: retention.prefault({}),
  log: log.prefault({}),
});

export type Options = z.output<typeof optionsSchema>;
export type OptionsInput = z.input<typeof optionsSchema>;

/** One option with everything that derives from it. */
export interface OptionEntry {
  readonly keys: readonly [string] | readonly [string, string];
  /** "server.baseUrl" */
  readonly name: string;
  /** "SEATKEEPER_SERVER_BASE_URL" */
  readonly variable: string;
  readonly schema: z.core.$ZodType;
  readonly facts: OptionFacts;
}

export const VARIABLE_PREFIX = "SEATKEEPER_";

export const OPTIONS: readonly OptionEntry[] = listOptions();

function listOptions(): OptionEntry[] {
  return Object.entries(optionsSchema.shape).flatMap(([section, schema]) => {
    const inner = unwrapped(schema);
    if (!(inner instanceof z.ZodObject)) {
      return [optionEntry([section], schema)];
    }
    const shape = inner.shape as Readonly<Record<string, z.core.$ZodType>>;
    return Object.entries(shape).map(([key, leaf]) => optionEntry([section, key], leaf));
  });
}

function optionEntry(keys: OptionEntry["keys"], schema: z.core.$ZodType): OptionEntry {
  const found = facts.get(schema);
  if (found === undefined) {
    throw new TypeError(`option ${keys.join(".")} has no description`);
  }
  return { keys, name: keys.join("."), variable: variableOf(keys), schema, facts: found };
}

/** server.baseUrl -> SEATKEEPER_SERVER_BASE_URL */
function variableOf(keys: readonly string[]): string {
  const words = keys.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return `${VARIABLE_PREFIX}${words.join("_")}`;
}
