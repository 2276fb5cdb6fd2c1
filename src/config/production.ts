import { type OptionEntry, OPTIONS, type Options } from "./schema.js";
import { readText, withResolvedSqlitePath } from "./sources.js";

/**
 * What a server for real people insists on. Every check reports its own problem, so that one attempt to start shows
 * everything that has to be put right.
 */

/** The practice mode's master secret. Public, therefore refused in production. */
export const PRACTICE_MASTER = "practice-only-master-secret-never-use-it-for-real-people";

const MASTER_BYTES_MIN = 32;
/** A random text of 32 bytes practically never has fewer different characters than this. */
const MASTER_DIFFERENT_MIN = 10;
const WEBHOOK_KEY_BYTES = { min: 24, max: 64 };

export type Report = (option: string, message: string) => void;

/** Settles the options that may also come from a file; reports what is unreadable or given twice. */
export function withFileSecrets(options: Options, directory: string, report: Report): Options {
  const master = secretOf(
    "secrets.master",
    options.secrets.master,
    options.secrets.masterFile,
    report,
  );
  const masterPrevious = secretOf(
    "secrets.masterPrevious",
    options.secrets.masterPrevious,
    options.secrets.masterPreviousFile,
    report,
  );
  const url = secretOf("database.url", options.database.url, options.database.urlFile, report);
  const secret = secretOf(
    "webhook.secret",
    options.webhook.secret,
    options.webhook.secretFile,
    report,
  );
  const { eventPush } = options;
  const token = secretOf("eventPush.token", eventPush.token, eventPush.tokenFile, report);
  return {
    ...options,
    secrets: { ...options.secrets, master, masterPrevious },
    database: {
      ...options.database,
      url: url === undefined ? undefined : withResolvedSqlitePath(url, directory),
    },
    webhook: { ...options.webhook, secret },
    eventPush: { ...options.eventPush, token },
  };
}

export function checkProduction(options: Options, report: Report): void {
  checkBaseUrl(options.server.baseUrl, report);
  checkMaster(options, report);
  checkDatabase(options, report);
  if (options.catalogue.file === undefined) {
    report(
      "catalogue.file",
      `Missing. ${howToSet("catalogue.file")}; config/catalogue.yaml is an example to copy.`,
    );
  }
}

/** Checks that hold in both modes. */
export function checkAlways(options: Options, report: Report): void {
  checkWebhook(options, report);
  checkEventPush(options, report);
  const { master, masterPrevious } = options.secrets;
  if (master !== undefined && master === masterPrevious) {
    report(
      "secrets.masterPrevious",
      "The same as secrets.master. Remove it, or give the one of before.",
    );
  }
  if (options.signIn.idleMinutes > options.signIn.sessionHours * 60) {
    report(
      "signIn.idleMinutes",
      "Longer than signIn.sessionHours, so it would never apply. Make it shorter, or the session longer.",
    );
  }
}

function checkBaseUrl(baseUrl: string | undefined, report: Report): void {
  const name = "server.baseUrl";
  if (baseUrl === undefined) {
    report(
      name,
      `Missing. ${howToSet(name)} to the https address that browsers and identity providers use.`,
    );
    return;
  }
  const url = webAddress(baseUrl);
  if (url === null) {
    report(name, "Not an address. Write it in full, like https://seats.acorn.example.");
  } else if (url.protocol === "http:") {
    report(
      name,
      "Plain http: tokens and sign-ins would cross the network readable. Use an https address; TLS may end in a proxy in front.",
    );
  } else if ([url.username, url.password, url.search, url.hash].some((part) => part !== "")) {
    report(
      name,
      "Must be scheme, host and at most a path: remove the user name, query or fragment.",
    );
  }
}

function webAddress(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}

function checkMaster(options: Options, report: Report): void {
  const name = "secrets.master";
  const master = options.secrets.master;
  const advice =
    "Make one with `openssl rand -base64 48` and keep it, for example in a file named by secrets.masterFile.";
  if (master === undefined) {
    if (options.secrets.masterFile === undefined) {
      report(name, `Missing. ${advice}`);
    }
  } else if (Buffer.byteLength(master) < MASTER_BYTES_MIN) {
    report(name, `Shorter than ${String(MASTER_BYTES_MIN)} bytes. ${advice}`);
  } else if (master === PRACTICE_MASTER) {
    report(name, `This is the practice mode's public secret. ${advice}`);
  } else if (looksLikePlaceholder(master)) {
    report(name, `Looks like a placeholder, not like a random secret. ${advice}`);
  }
}

function looksLikePlaceholder(master: string): boolean {
  return (
    new Set(master).size < MASTER_DIFFERENT_MIN ||
    /change.?me|example|placeholder|replace.?(me|this)/i.test(master)
  );
}

function checkDatabase(options: Options, report: Report): void {
  const name = "database.url";
  const url = options.database.url;
  if (url === undefined) {
    if (options.database.urlFile === undefined) {
      report(
        name,
        `Missing. ${howToSet(name)} to mysql://user:password@host:3306/name or sqlite:path/to/file.`,
      );
    }
    return;
  }
  const mistake = databaseMistake(url);
  if (mistake !== null) {
    report(name, mistake);
  }
}

function databaseMistake(url: string): string | null {
  switch (/^([a-z]+):/i.exec(url)?.[1]?.toLowerCase()) {
    case "sqlite":
      return /^sqlite:(?:\/\/)?$|:memory:|mode=memory/.test(url)
        ? "A database in memory is lost at every restart. Name a file (sqlite:path/to/file) or a MySQL server."
        : null;
    case "mysql":
    case "mariadb":
      return URL.canParse(url) && new URL(url).hostname !== "" && new URL(url).pathname.length > 1
        ? null
        : "Incomplete. Write mysql://user:password@host:3306/name; characters such as @ or / in the password as %40, %2F.";
    default:
      return "This kind of database is not supported. Use mysql://..., mariadb://... or sqlite:path/to/file.";
  }
}

function checkWebhook(options: Options, report: Report): void {
  const { url, secret, secretFile } = options.webhook;
  if (url !== undefined && webAddress(url) === null) {
    report(
      "webhook.url",
      "Not an http or https address. Write it in full, like https://app.acorn.example/hooks.",
    );
  }
  if (secret !== undefined && !isWebhookSecret(secret)) {
    report(
      "webhook.secret",
      "Cannot be read: it must be whsec_ followed by 24 to 64 bytes in base64 (`openssl rand -base64 32`).",
    );
  }
  if (url !== undefined && secret === undefined && secretFile === undefined) {
    report(
      "webhook.secret",
      "Missing, but webhook.url is set. Make one: whsec_ followed by `openssl rand -base64 32`.",
    );
  }
}

function checkEventPush({ eventPush: { url, token, tokenFile } }: Options, report: Report): void {
  if (url !== undefined && webAddress(url) === null) {
    report(
      "eventPush.url",
      "Not an http or https address. Write it in full, like https://signals.acorn.example/events.",
    );
  }
  if (url === undefined && (token !== undefined || tokenFile !== undefined)) {
    report("eventPush.url", "Missing, but eventPush.token is set: nothing would be pushed.");
  }
  // What fetch would refuse in a header is better told at the start than at the first event.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    report("eventPush.token", "Contains characters that a header cannot carry.");
  }
}

function isWebhookSecret(secret: string): boolean {
  const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const bytes = key === undefined ? 0 : Buffer.from(key, "base64").length;
  return bytes >= WEBHOOK_KEY_BYTES.min && bytes <= WEBHOOK_KEY_BYTES.max;
}

function secretOf(
  name: string,
  value: string | undefined,
  file: string | undefined,
  report: Report,
): string | undefined {
  if (file === undefined) {
    return value;
  }
  if (value !== undefined) {
    report(name, `Given twice: ${name} and ${name}File. Keep one of them.`);
    return value;
  }
  const text = readText(file)?.trim();
  if (text === undefined) {
    report(`${name}File`, `The file ${file} cannot be read. Check the path and its permissions.`);
    return undefined;
  }
  if (text === "") {
    report(`${name}File`, `The file ${file} is empty.`);
    return undefined;
  }
  return text;
}

function howToSet(name: string): string {
  return `Set ${name} in the configuration file or ${optionNamed(name).variable} in the environment`;
}

function optionNamed(name: string): OptionEntry {
  const option = OPTIONS.find((candidate) => candidate.name === name);
  if (option === undefined) {
    throw new TypeError(`no option ${name}`);
  }
  return option;
}
