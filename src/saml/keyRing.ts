import type { Timestamp } from "../domain/directory.js";
import {
  FIRST_KEYS,
  KEY_PURPOSES,
  signing,
  stateOfTurn,
  turnsOf,
  type KeyPurpose,
  type KeyTurn,
} from "../domain/signIn/keyTurns.js";
import { SeatkeeperError } from "../errors.js";
import type { Clock, Ids, Logger, Store } from "../ports.js";
import {
  createServiceProviderKeys,
  createTokenKey,
  readServiceProviderKeys,
  readTokenKeys,
  type ServiceProviderKeys,
  type TokenKeys,
} from "./keys.js";
import { seal, unsealEither } from "./seal.js";

/**
 * The deployment's keys as they are now. Each node looks at the database every few seconds, so that a rotation needs no
 * restart: `serviceProvider`, `token` and `cursorSecrets` change by themselves, but never between two statements that
 * do not wait.
 */
export interface KeyRing {
  readonly serviceProvider: ServiceProviderKeys;
  readonly token: TokenKeys;
  /** The first signs. The same array while nothing has changed. */
  readonly cursorSecrets: readonly [Uint8Array, ...Uint8Array[]];
  /** Looks now. @throws SeatkeeperError Unavailable, InvalidConfiguration; what was known stays in force */
  reload(): Promise<void>;
  /** Looks from time to time. */
  start(): void;
  stop(): void;
}

export interface KeyRingOptions {
  readonly store: Pick<Store, "administration" | "keys">;
  /** The present master secret, and the previous one while it is being changed. */
  readonly masters: readonly [Uint8Array, ...Uint8Array[]];
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of a new SAML key. */
  readonly rsaBits?: number | undefined;
  /** The first cursor key. */
  readonly firstCursorSecret: Uint8Array;
}

const RELOAD_MS = 15_000;
/** Whoever brings tokens with invented key ids makes us look no more often than this. */
const ASKED_PAUSE_MS = 2_000;

interface Loaded {
  readonly serviceProvider: ServiceProviderKeys;
  readonly token: TokenKeys;
  readonly cursorSecrets: readonly [Uint8Array, ...Uint8Array[]];
}

/** Where two nodes start together, the one that stores its keys first wins and both use them. */
export async function createKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  await makeFirstKeys(options);
  const read = createReading(options);
  let loaded = await read();
  let askedAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  async function reload(): Promise<void> {
    loaded = await read();
  }

  /** After a key id that nobody knows. */
  async function look(): Promise<void> {
    const now = performance.now();
    if (now - askedAt < ASKED_PAUSE_MS) return;
    askedAt = now;
    await reload();
  }

  return {
    serviceProvider: live(() => loaded.serviceProvider, ["privateKey", "certificate", "others"]),
    token: live(
      () => ({ ...loaded.token, look }),
      ["privateKey", "publicJwk", "kid", "others", "look"],
    ),
    get cursorSecrets() {
      return loaded.cursorSecrets;
    },
    reload,
    start: () => {
      timer = setInterval(() => {
        reload().catch((error: unknown) => {
          options.logger.warn(
            { error },
            "the keys could not be looked up; those known stay in force",
          );
        });
      }, RELOAD_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

/** An object whose properties are those of another one at the time when they are asked for. */
function live<T extends object>(current: () => T, names: readonly (keyof T)[]): T {
  return Object.defineProperties(
    {},
    Object.fromEntries(
      names.map((name) => [name, { get: () => current()[name], enumerable: true }]),
    ),
  ) as T;
}

/** A new key of this purpose, as it is sealed. */
export async function makeKey(
  { clock, rsaBits, ids }: Pick<KeyRingOptions, "clock" | "rsaBits" | "ids">,
  purpose: KeyPurpose,
): Promise<string> {
  if (purpose === "token") return createTokenKey();
  if (purpose === "cursor") return ids.secret(CURSOR_SECRET_BYTES);
  return JSON.stringify(await createServiceProviderKeys(clock.now(), rsaBits));
}

const CURSOR_SECRET_BYTES = 32;

async function makeFirstKeys(options: KeyRingOptions): Promise<void> {
  const { administration, keys } = options.store;
  const stored = await keys.listTurns();
  const now = options.clock.now();
  await Promise.all(
    KEY_PURPOSES.map(async (purpose) => {
      const name = FIRST_KEYS[purpose];
      const turns = turnsOf(stored, purpose);
      const first = turns.find((turn) => turn.name === name);
      // One that has had its time is not made again.
      if (first === undefined || stateOfTurn(turns, first, now) === "ended") return;
      if ((await administration.readSecret(name)) !== null) return;
      const text =
        purpose === "cursor"
          ? Buffer.from(options.firstCursorSecret).toString("base64url")
          : await makeKey(options, purpose);
      await administration.createSecret(name, seal(options.masters[0], name, text, options.ids));
    }),
  );
}

/** What is opened once is remembered while the stored text stays the same. */
function createReading({ store, masters, clock }: KeyRingOptions): () => Promise<Loaded> {
  const opened = new Map<string, { readonly sealed: string; readonly key: Promise<unknown> }>();
  let before: { readonly seen: string; readonly loaded: Loaded } | undefined;

  function open<T>(name: string, sealed: string, read: (text: string) => T | Promise<T>) {
    const known = opened.get(name);
    if (known?.sealed === sealed) return known.key as Promise<T>;
    const key = Promise.resolve(read(unsealEither(masters, name, sealed).text));
    opened.set(name, { sealed, key });
    key.catch(() => opened.delete(name));
    return key;
  }

  return async () => {
    const [turns, secrets] = await Promise.all([store.keys.listTurns(), store.keys.listSecrets()]);
    const sealed = new Map(secrets.map(({ name, value }) => [name, value]));
    const chosen = KEY_PURPOSES.map((purpose) => inOrder(turns, purpose, sealed, clock.now()));
    const seen = JSON.stringify(
      chosen.map((names) => names.map((name) => [name, sealed.get(name)])),
    );
    if (before?.seen === seen) return before.loaded;
    const [saml = [], token = [], cursor = []] = chosen;
    const all = <T>(names: readonly string[], read: (text: string) => T | Promise<T>) =>
      Promise.all(names.map((name) => open(name, sealed.get(name) ?? "", read)));
    const loaded: Loaded = {
      serviceProvider: withOthers(await all(saml, readServiceProviderKeys)),
      token: withOthers(await all(token, readTokenKeys)),
      cursorSecrets: nonEmpty(await all(cursor, (text) => Buffer.from(text, "base64url"))),
    };
    before = { seen, loaded };
    return loaded;
  };
}

/** Names of the keys that are in force, the one that signs first, then those to come, then those that retire. */
function inOrder(
  stored: readonly KeyTurn[],
  purpose: KeyPurpose,
  sealed: ReadonlyMap<string, string>,
  now: Timestamp,
): string[] {
  const turns = turnsOf(stored, purpose).filter(({ name }) => sealed.has(name));
  const ofState = (state: "announced" | "retiring") =>
    turns.filter((turn) => stateOfTurn(turns, turn, now) === state).map(({ name }) => name);
  const first = signing(turns, now);
  if (first === undefined) {
    throw new SeatkeeperError("InvalidConfiguration", {
      sentence: `No key signs (${purpose}). Run: seatkeeper keys list`,
    });
  }
  return [first.name, ...ofState("announced"), ...ofState("retiring")];
}

function withOthers<T extends object>(keys: readonly T[]): T & { readonly others: readonly T[] } {
  const [first, ...others] = nonEmpty(keys);
  return { ...first, others };
}

function nonEmpty<T>(keys: readonly T[]): [T, ...T[]] {
  const [first, ...others] = keys;
  if (first === undefined) throw new TypeError("a purpose without a key");
  return [first, ...others];
}
