import { InvalidArgumentError, type Command, Option } from "commander";
import {
  endKey,
  listKeys,
  resealSecrets,
  rotateKey,
  switchKey,
  type ListedKey,
  type RotateDeps,
} from "../actions/rotateKeys.js";
import { masterKeys } from "../config/masterKeys.js";
import { KEY_PURPOSES, type KeyPurpose, type KeyTurn } from "../domain/signIn/keyTurns.js";
import { SeatkeeperError } from "../errors.js";
import { certificateFacts } from "../saml/certificates.js";
import { makeKey } from "../saml/keyRing.js";
import { readServiceProviderKeys, readTokenKeys } from "../saml/keys.js";
import { seal, unsealEither } from "../saml/seal.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, table } from "./io.js";
import { systemIds } from "./parts.js";

/** `seatkeeper keys`: the deployment's own keys take turns (docs/keys.md). */

interface RotateOptions {
  readonly in?: number;
  readonly keep?: number;
  readonly compromised?: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long a new key is known before it signs, and an old one afterwards. */
const DEFAULTS: Readonly<Record<KeyPurpose, { signsIn: number | null; keepMs: number }>> = {
  // The other side has to fetch our metadata first; when it has, only a person knows.
  saml: { signsIn: null, keepMs: 30 * DAY_MS },
  // Applications keep the key set for five minutes.
  token: { signsIn: 10 * MINUTE_MS, keepMs: DAY_MS },
  cursor: { signsIn: MINUTE_MS, keepMs: DAY_MS },
};

export function addKeyCommands(program: Command, cli: Cli): void {
  const keys = program.command("keys").description("the deployment's own keys and their rotation");
  databaseCommand(cli, keys.command("list").description("every key, and whose turn it is"), list);
  databaseCommand<RotateOptions>(
    cli,
    keys
      .command("rotate")
      .argument("<what>", "saml, token, cursor or master")
      .description("make a new key that takes over; master: seal all keys under the present secret")
      .option(
        "--in <time>",
        'when it signs: "10m", "14d"; for saml otherwise at "keys switch"',
        span,
      )
      .option("--keep <time>", "how long the old one still verifies and decrypts afterwards", span)
      .addOption(
        new Option("--compromised", "others know the old key: it ends now").conflicts([
          "in",
          "keep",
        ]),
      ),
    rotate,
  );
  databaseCommand<RotateOptions>(
    cli,
    keys
      .command("switch")
      .argument("<what>", "saml, token or cursor")
      .description("let the new key take over that waits for it")
      .option("--keep <time>", "how long the old one still verifies and decrypts afterwards", span),
    change,
  );
  databaseCommand(
    cli,
    keys
      .command("end")
      .argument("<name>", "as in the list")
      .description("end a key that does not sign, for good"),
    async ({ deps }, args) => {
      const turn = await endKey(deps, argument(args, 0));
      return {
        json: shownTurn(turn),
        text: `${turn.name} has ended. Every node forgets it within a minute.`,
      };
    },
  );
}

async function list(context: CommandContext): Promise<Result> {
  const sealed = new Map(
    (await context.deps.store.keys.listSecrets()).map(({ name, value }) => [name, value]),
  );
  const masters = masterKeys(context.config);
  const items = await Promise.all(
    (await listKeys(context.deps)).map(async (key) => {
      const value = sealed.get(key.name);
      const facts = value === undefined ? {} : await factsOf(key, value, masters);
      return { ...shownTurn(key), state: key.state, ...facts };
    }),
  );
  const columns = ["purpose", "state", "name", "signsFrom", "endsAt", "id", "sealed"] as const;
  const rows = items.map((item) => ({ id: null, sealed: null, ...item }));
  return { json: { items }, text: table(rows, columns) };
}

/** What others know a key by; and whether the next change of the master secret would lose it. */
async function factsOf(
  { name, purpose }: ListedKey,
  value: string,
  masters: ReturnType<typeof masterKeys>,
): Promise<{ id: string | null; sealed: string; expiresAt?: string }> {
  try {
    const { text, isOld } = unsealEither(masters, name, value);
    const sealed = isOld ? "previous secret" : "present secret";
    if (purpose === "token") return { id: (await readTokenKeys(text)).kid, sealed };
    if (purpose === "cursor") return { id: null, sealed };
    const { fingerprint, expiresAt } = certificateFacts(readServiceProviderKeys(text).certificate);
    return { id: fingerprint, sealed, expiresAt: new Date(expiresAt).toISOString() };
  } catch (error) {
    if (!(error instanceof SeatkeeperError)) throw error;
    return { id: null, sealed: "another secret" };
  }
}

async function rotate(
  context: CommandContext,
  args: readonly string[],
  { in: signsIn, keep, compromised = false }: RotateOptions,
): Promise<Result> {
  if (argument(args, 0) === "master") return reseal(context);
  const purpose = purposeOf(argument(args, 0));
  const usual = DEFAULTS[purpose];
  const turn = await rotateKey(rotateDeps(context), purpose, {
    signsIn: signsIn ?? usual.signsIn,
    keepMs: keep ?? usual.keepMs,
    compromised,
  });
  return { json: shownTurn(turn), text: `${turn.name}: ${outlook(context, turn)}` };
}

function outlook({ again }: CommandContext, { purpose, signsFrom }: KeyTurn): string {
  return signsFrom === null
    ? `known everywhere within a minute, and listed in our metadata. When the identity providers have it: ${again(`keys switch ${purpose}`)}`
    : `signs from ${new Date(signsFrom).toISOString()}.`;
}

async function change(
  context: CommandContext,
  args: readonly string[],
  { keep }: RotateOptions,
): Promise<Result> {
  const purpose = purposeOf(argument(args, 0));
  const keepMs = keep ?? DEFAULTS[purpose].keepMs;
  const turn = await switchKey(rotateDeps(context), purpose, keepMs);
  return { json: shownTurn(turn), text: `${turn.name}: ${outlook(context, turn)}` };
}

async function reseal(context: CommandContext): Promise<Result> {
  const { config, deps } = context;
  const masters = masterKeys(config);
  const json = await resealSecrets(deps, {
    open: (name, sealed) => unsealEither(masters, name, sealed),
    seal: (name, text) => seal(masters[0], name, text, systemIds),
  });
  const { resealed, total } = json;
  const text = `${String(resealed.length)} of ${String(total)} keys were sealed under the previous master secret; all are under the present one now. When every node has it, remove secrets.masterPrevious.`;
  return { json, text };
}

/** A new key is sealed only by whoever can open those that are there: the servers could not read it otherwise. */
function rotateDeps({ config, deps }: CommandContext): RotateDeps {
  const masters = masterKeys(config);
  const { store } = deps;
  return {
    store,
    makeKey: async (purpose, name) => {
      for (const secret of await store.keys.listSecrets()) {
        unsealEither(masters, secret.name, secret.value);
      }
      const parts = { clock: store.clock, ids: systemIds };
      return seal(masters[0], name, await makeKey(parts, purpose), systemIds);
    },
  };
}

function purposeOf(text: string): KeyPurpose {
  const found = KEY_PURPOSES.find((purpose) => purpose === text);
  if (found !== undefined) return found;
  throw new SeatkeeperError("InvalidValue", {
    sentence: `"${text}" is none of saml, token, cursor${text === "" ? "" : " and master"}.`,
  });
}

function shownTurn({ name, purpose, createdAt, signsFrom, endsAt }: KeyTurn) {
  const shown = (at: number | null) =>
    at === null || at === 0 ? null : new Date(at).toISOString();
  return {
    ...{ name, purpose, createdAt: shown(createdAt) },
    ...{ signsFrom: shown(signsFrom), endsAt: shown(endsAt) },
  };
}

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

function span(text: string): number {
  const [, count, unit = ""] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? NaN);
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError('A time like "10m", "12h" or "14d" is expected.');
  }
  return ms;
}
