import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FairQueue } from "../../src/saml/fairQueue.js";
import { runVerification, type VerificationJob } from "../../src/saml/verification.js";
import { createVerifier } from "../../src/saml/verify.js";
import { encryptAssertion, signElement } from "../support/samlIdp.js";
import { longestTurn } from "../support/turns.js";
import { createWorld, type World } from "./world.js";

/** Bodies that cost as much as the guard lets them: what they may cost, and whom they may keep waiting. */
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.verifier.close());

const values = (count: number) =>
  `<saml:AttributeStatement><saml:Attribute Name="g">${"<saml:AttributeValue/>".repeat(count)}</saml:Attribute></saml:AttributeStatement>`;
/** Nearly 3,000 elements, nearly 1,000 in each row. */
const WIDE = values(950).repeat(3);
const widened = (xml: string) => xml.replace("</saml:Assertion>", `${WIDE}</saml:Assertion>`);

// prettier-ignore
const BODIES: readonly (readonly [title: string, xml: () => string])[] = [
  ["an assertion that a stranger signed",                () => world.respond("assertion", { inAssertion: WIDE }, world.stranger)],
  ["an assertion and a response that a stranger signed", () => world.respond("both", { inAssertion: WIDE }, world.stranger)],
  ["a genuine assertion, made wide",                     () => widened(world.respond("assertion"))],
  ["a genuine response, made wide",                      () => widened(world.respond("both"))],
  ["what a stranger encrypted",                          () => encryptAssertion(world.respond("assertion", { inAssertion: WIDE }, world.stranger), world.own)],
  ["what a stranger encrypted and signed",               () => signElement(encryptAssertion(world.respond("assertion", { inAssertion: WIDE }, world.stranger), world.own), "/*", world.stranger)],
];

describe("a body of the costly kind", () => {
  function jobOf(xml: string): VerificationJob {
    const { certificates, spEntityId, acsUrl, decryptionKey } = world.trust;
    const encrypted = xml.includes("EncryptedAssertion");
    const responseSigned = /<\/saml:Issuer><ds:Signature/.test(
      xml.slice(0, xml.indexOf("<samlp:Status>")),
    );
    return {
      xml,
      certificates,
      spEntityId,
      acsUrl,
      decryptionKey,
      responseSigned,
      encrypted,
      allowCbc: false,
    };
  }

  it.each(BODIES)("costs its thread less than a fifth of a second: %s", async (_, make) => {
    const job = jobOf(make());
    const costs: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const begun = process.cpuUsage();
      const outcome = await runVerification(job);
      const { user, system } = process.cpuUsage(begun);
      costs.push((user + system) / 1_000);
      expect(outcome).toMatchObject({ ok: false, reason: "SignatureInvalid" });
    }

    expect(Math.min(...costs)).toBeLessThan(200);
  });

  it("never holds up the event loop for 50 ms of computing", async () => {
    const bodies = BODIES.map(([, make]) => make());
    // The first messages of a process are slow because nothing is compiled yet.
    for (const body of bodies) await world.judge(body);

    const turns: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const outcomes: boolean[] = [];
      const work = async (): Promise<void> => {
        const judging: ReturnType<World["judge"]>[] = [];
        for (const body of [...bodies, ...bodies]) {
          judging.push(world.judge(body));
          // Each request arrives in a turn of its own.
          await nextTurn();
        }
        const judged = await Promise.all(judging);
        outcomes.push(...judged.map(({ ok }) => ok));
      };
      turns.push(await longestTurn(work));
      expect(outcomes).not.toContain(true);
    }

    expect(Math.min(...turns)).toBeLessThan(50);
  });
});

/** What is about the lines must not depend on how fast this machine is. */
const PATIENT = { timeoutMs: 60_000, waitMs: 60_000 };

describe("the line before the threads", () => {
  it("serves connections in turn, however long the line of one is", () => {
    const queue = new FairQueue<string>();
    for (const item of ["a1", "a2", "a3", "a4"]) queue.push("a", item);
    queue.push("b", "b1");
    queue.push("c", "c1");
    queue.push("b", "b2");

    expect(queue.remove("a", "a2")).toBe(true);
    expect(queue.remove("a", "a2")).toBe(false);
    expect([queue.size, queue.lengthOf("a"), queue.lengthOf("d")]).toEqual([6, 3, 0]);
    const served = Array.from({ length: 7 }, () => queue.shift());
    expect(served).toEqual(["a1", "b1", "c1", "a3", "b2", "a4", undefined]);
    queue.push("a", "a5");
    expect(queue.clear()).toEqual(["a5"]);
    expect(queue.size).toBe(0);
  });

  it("refuses what is too much of one connection, and takes another's", async () => {
    const pool = createVerifier({ workers: 1, waitingOfOneMax: 2, ...PATIENT });
    const job = (spEntityId: string): VerificationJob => ({
      ...{ xml: world.respond("assertion"), certificates: world.trust.certificates, spEntityId },
      ...{ acsUrl: world.trust.acsUrl, responseSigned: false, encrypted: false, allowCbc: false },
    });
    const flood = Array.from({ length: 10 }, () => pool.verify(job("flooded")));
    const other = await pool.verify(job("other"));

    const outcomes = await Promise.all(flood);
    expect(other.ok).toBe(true);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2);
    expect(outcomes.filter((one) => !one.ok && one.reason === "VerificationBusy")).toHaveLength(8);
    await pool.close();
  });
});
