import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createLocalJWKSet, jwtVerify, SignJWT } from "jose";
import {
  endKey,
  listKeys,
  resealSecrets,
  rotateKey,
  switchKey,
  type RotateDeps,
} from "../../src/actions/rotateKeys.js";
import { FIRST_KEYS, type KeyPurpose } from "../../src/domain/signIn/keyTurns.js";
import type { Logger, Store } from "../../src/ports.js";
import { createKeyRing, makeKey, type KeyRing } from "../../src/saml/keyRing.js";
import { publicKeysOf, tokenKeyFor } from "../../src/saml/keys.js";
import { serviceProviderOf } from "../../src/saml/router.js";
import { seal, unsealEither } from "../../src/saml/seal.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { encryptAssertion, signResponse, responseXml, genuineFields } from "../support/samlIdp.js";
import { createWorld, NOW, PROVIDER, type World } from "./world.js";

/** Our own keys take turns, and every node follows without a restart. */
const MASTER = Buffer.alloc(32, 7);
const NEXT_MASTER = Buffer.alloc(32, 8);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ignore = () => undefined;
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const clock = { value: NOW, now: () => clock.value };

let store: Store;
let world: World;
/** Made once: each takes longer than a test. */
let samlKeys: readonly string[];
beforeAll(async () => {
  world = await createWorld();
  const parts = { clock, ids: systemIds, rsaBits: 2048 };
  samlKeys = await Promise.all([makeKey(parts, "saml"), makeKey(parts, "saml")]);
});
afterAll(() => world.verifier.close());
beforeEach(async () => {
  clock.value = NOW;
  store = await createStore({ url: "sqlite::memory:", clock, logger });
  await store.migrate();
  const first = seal(MASTER, FIRST_KEYS.saml, samlKeys[0] ?? "", systemIds);
  await store.administration.createSecret(FIRST_KEYS.saml, first);
});
afterEach(() => store.close());

function ring(...masters: Buffer[]): Promise<KeyRing> {
  const [first = MASTER, ...others] = masters;
  return createKeyRing({
    ...{ store, ids: systemIds, clock, logger, rsaBits: 2048 },
    masters: [first, ...others],
    firstCursorSecret: Buffer.alloc(32, 9),
  });
}

function deps(master: Uint8Array = MASTER): RotateDeps {
  const parts = { clock, ids: systemIds };
  const textOf = async (purpose: KeyPurpose) =>
    purpose === "saml" ? (samlKeys[1] ?? "") : makeKey(parts, purpose);
  return {
    store,
    makeKey: async (purpose, name) => seal(master, name, await textOf(purpose), systemIds),
  };
}

async function sign({ token }: KeyRing): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid: token.kid })
    .sign(token.privateKey);
}

async function verifies({ token }: KeyRing, signed: string): Promise<boolean> {
  const { kid } = JSON.parse(Buffer.from(signed.split(".")[0] ?? "", "base64url").toString());
  const key = await tokenKeyFor(token, kid);
  if (key === null) return false;
  return jwtVerify(signed, key).then(Boolean, () => false);
}

describe("the first keys", () => {
  it("are made once, and are the same for nodes that start together", async () => {
    const rings = await Promise.all([ring(), ring(), ring()]);

    expect(new Set(rings.map(({ token }) => token.kid)).size).toBe(1);
    expect(new Set(rings.map((each) => each.serviceProvider.certificate)).size).toBe(1);
    expect(rings.map(({ cursorSecrets }) => cursorSecrets)).toEqual(
      Array(3).fill([Buffer.alloc(32, 9)]),
    );
  });
});

describe("a new key for tokens", () => {
  it("is in the key set before it signs, and the old one verifies until its end, on every node", async () => {
    const [one, two] = await Promise.all([ring(), ring()]);
    const old = await sign(one);
    await rotateKey(deps(), "token", { signsIn: 10 * MINUTE, keepMs: HOUR });
    const look = async (at: number) => {
      clock.value = at;
      await Promise.all([one.reload(), two.reload()]);
    };

    await look(NOW + 9 * MINUTE);
    const published = createLocalJWKSet({ keys: publicKeysOf(two.token) });
    expect(publicKeysOf(two.token)).toHaveLength(2);
    expect(one.token.kid).toBe(JSON.parse(atob(old.split(".")[0] ?? "")).kid);

    await look(NOW + 10 * MINUTE);
    const fresh = await sign(one);
    expect(await jwtVerify(fresh, published)).toBeDefined();
    expect(await verifies(two, fresh)).toBe(true);
    expect(await verifies(two, old)).toBe(true);

    await look(NOW + 10 * MINUTE + HOUR);
    expect(await verifies(two, old)).toBe(false);
    expect(await verifies(two, fresh)).toBe(true);
    expect(publicKeysOf(two.token)).toHaveLength(1);
  });

  it("signs no sooner than every node can know it", async () => {
    const { signsFrom } = await rotateKey(deps(), "token", { signsIn: 0, keepMs: 0 });

    expect(signsFrom).toBe(NOW + MINUTE);
  });

  it("takes over at once when the old one is known to others, also on a node that has not looked", async () => {
    const [one, two] = await Promise.all([ring(), ring()]);
    const stolen = await sign(one);
    await rotateKey(deps(), "token", { signsIn: null, keepMs: DAY, compromised: true });
    await one.reload();

    expect(await verifies(two, await sign(one))).toBe(true);
    expect(await verifies(two, stolen)).toBe(false);
    expect(await verifies(one, stolen)).toBe(false);
  });

  it("is one at a time, also when two people ask together", async () => {
    const asked = await Promise.allSettled(
      [1, 2, 3].map(() => rotateKey(deps(), "token", { signsIn: HOUR, keepMs: DAY })),
    );

    expect(asked.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    await expect(rotateKey(deps(), "token", { signsIn: HOUR, keepMs: DAY })).rejects.toMatchObject({
      code: "Conflict",
    });
  });
});

describe("a new SAML key", () => {
  const settings = { baseUrl: "https://sp.example.com" };
  const encryptedFor = (certificate: string) => {
    const genuine = genuineFields(world.idp, PROVIDER, NOW);
    const signed = signResponse(responseXml(genuine), world.idp, "assertion");
    return encryptAssertion(signed, { certificate });
  };

  async function opens(keys: KeyRing, certificate: string): Promise<boolean> {
    const { privateKey, otherPrivateKeys = [] } = serviceProviderOf({ ...settings, keys }, "c1");
    const trust = { decryptionKey: privateKey, otherDecryptionKeys: otherPrivateKeys };
    return (await world.judge(encryptedFor(certificate), trust)).ok;
  }

  it("is announced beside the old one, signs when somebody says so, and both decrypt until the end", async () => {
    const node = await ring();
    const before = node.serviceProvider.certificate;
    await rotateKey(deps(), "saml", { signsIn: null, keepMs: 30 * DAY });
    clock.value += 100 * DAY;
    await node.reload();
    const announced = serviceProviderOf({ ...settings, keys: node }, "c1").certificates;
    expect(announced).toHaveLength(2);
    expect(announced[0]).toBe(before);
    const next = announced[1] ?? "";
    expect([await opens(node, before), await opens(node, next)]).toEqual([true, true]);

    await switchKey(deps(), "saml", 30 * DAY);
    await node.reload();
    expect(serviceProviderOf({ ...settings, keys: node }, "c1").certificates).toEqual([
      next,
      before,
    ]);
    expect([await opens(node, before), await opens(node, next)]).toEqual([true, true]);

    clock.value += 30 * DAY;
    await node.reload();
    expect(serviceProviderOf({ ...settings, keys: node }, "c1").certificates).toEqual([next]);
    expect([await opens(node, before), await opens(node, next)]).toEqual([false, true]);
  });

  it("can be given up while it waits; the one that signs cannot", async () => {
    const node = await ring();
    const { name } = await rotateKey(deps(), "saml", { signsIn: null, keepMs: DAY });
    await endKey(deps(), name);
    await node.reload();

    expect(node.serviceProvider.others).toEqual([]);
    await expect(endKey(deps(), "saml-service-provider")).rejects.toMatchObject({
      code: "Conflict",
    });
    await expect(switchKey(deps(), "saml", DAY)).rejects.toMatchObject({ code: "Conflict" });
    expect((await listKeys(deps())).find((key) => key.name === name)?.state).toBe("ended");
  });
});

describe("a new cursor key", () => {
  it("signs after a minute, and the old one is still known", async () => {
    const node = await ring();
    const before = node.cursorSecrets;
    await node.reload();
    expect(node.cursorSecrets).toBe(before);
    await rotateKey(deps(), "cursor", { signsIn: MINUTE, keepMs: DAY });
    clock.value += MINUTE;
    await node.reload();

    expect(node.cursorSecrets).toHaveLength(2);
    expect(node.cursorSecrets[1]).toEqual(before[0]);
  });
});

describe("a new master secret", () => {
  it("opens what the previous one sealed, seals it anew, and then does without the previous one", async () => {
    const before = await ring();
    await rotateKey(deps(), "token", { signsIn: HOUR, keepMs: DAY });
    const both = await ring(NEXT_MASTER, MASTER);
    expect(both.token.kid).toBe(before.token.kid);
    await expect(ring(NEXT_MASTER)).rejects.toMatchObject({ code: "InvalidConfiguration" });

    const resealing = {
      open: (name: string, sealed: string) => unsealEither([NEXT_MASTER, MASTER], name, sealed),
      seal: (name: string, text: string) => seal(NEXT_MASTER, name, text, systemIds),
    };
    expect(await resealSecrets(deps(), resealing)).toMatchObject({ total: 4 });
    expect((await resealSecrets(deps(), resealing)).resealed).toEqual([]);

    const after = await ring(NEXT_MASTER);
    expect(after.token.kid).toBe(before.token.kid);
    expect(after.token.others).toHaveLength(1);
    expect(after.cursorSecrets).toEqual(before.cursorSecrets);
    // A node that has not been restarted goes on with what it knows.
    await expect(before.reload()).rejects.toMatchObject({ code: "InvalidConfiguration" });
    expect(before.token.kid).toBe(after.token.kid);
  });

  it("changes nothing when one of the secrets cannot be opened", async () => {
    await ring();
    await store.administration.createSecret(
      "zzz",
      seal(Buffer.alloc(32, 1), "zzz", "x", systemIds),
    );
    const before = await store.keys.listSecrets();

    await expect(
      resealSecrets(deps(), {
        open: (name, sealed) => unsealEither([NEXT_MASTER, MASTER], name, sealed),
        seal: (name, text) => seal(NEXT_MASTER, name, text, systemIds),
      }),
    ).rejects.toMatchObject({ code: "InvalidConfiguration" });
    expect(await store.keys.listSecrets()).toEqual(before);
  });
});
