import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { updateConnection } from "../../src/actions/administerConnections.js";
import { issueToken } from "../../src/actions/administer.js";
import { compileProgram } from "../cli/compiled.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import { send, startTestServer, temporaryFolder } from "../support/server.js";
import {
  onFreePort,
  productionConfig,
  sameConfig,
  startProgram,
  type RunningProgram,
} from "./program.js";
import { percentile, SignIns } from "./signIns.js";

/**
 * People who sign in at four processes on one MariaDB: one response posted very often, people who are deactivated, others who
 * post what only costs, and a provider's new certificate while each process is started anew. SEATKEEPER_SIGN_INS=100 is the
 * long run: rounds of replay, deactivated people, and seconds of the rest; only there the times are judged.
 */
const SIZE = Number(process.env["SEATKEEPER_SIGN_INS"] ?? 1);
const IS_LONG = process.env["SEATKEEPER_SIGN_INS"] !== undefined;
const POSTS = IS_LONG ? 200 : 20;
const PROCESSES = 4;
/** A start costs more than most tests. */
const RESTARTED = IS_LONG ? PROCESSES : 2;
const PATIENCE_MS = 3_600_000;
/** Sign-ins that have begun and not ended. */
const OPEN_MAX = 10;
const BASE_URL = "https://seats.acorn.example";

let program: ReturnType<typeof compileProgram>;
beforeAll(() => {
  program = compileProgram();
});
afterAll(() => rmSync(program.directory, { recursive: true, force: true }));

describeMySql("signing in at four processes", () => {
  const folder = temporaryFolder();
  let programs: RunningProgram[] = [];
  let configs: string[] = [];
  let idp: TestIdp;
  let signIns: SignIns;
  let scim: { readonly token: string; readonly connectionId: string };
  let operator: string;

  beforeAll(async () => {
    const databaseUrl = await freshDatabase("sign_ins");
    const config = productionConfig(folder.path, databaseUrl);
    idp = await createTestIdp();
    const server = await startTestServer(sameConfig(databaseUrl));
    const acorn = await server.organisation("acorn");
    const { connection, token } = await acorn.connection("generic");
    await acorn.pool({ name: "desk", capacity: 1_000, kind: "shared" });
    await updateConnection(server.app.administer, acorn.organisation.id, connection.id, {
      saml: { ...settings(idp.certificate), justInTime: "link" },
    });
    const issued = await issueToken(server.app.administer, {
      ...{ kind: "api", organisationId: null, connectionId: null, label: "operator" },
    });
    await server.close();
    scim = { token, connectionId: connection.id };
    operator = issued.token;
    signIns = new SignIns(connection.id, BASE_URL);
    configs = await Promise.all(Array.from({ length: PROCESSES }, () => onFreePort(config)));
    programs = await Promise.all(configs.map((one) => startProgram(program.main, one)));
  }, PATIENCE_MS);
  afterAll(async () => {
    await Promise.all(programs.map((one) => one.kill()));
    folder.remove();
  });

  function settings(...certificates: string[]) {
    return { idpEntityId: idp.entityId, ssoUrl: "https://idp.example.com/sso", certificates };
  }

  const at = (which: number): string => programs[which % PROCESSES]?.url ?? "";

  async function create(userName: string): Promise<string> {
    const url = `${at(0)}/scim/v2/${scim.connectionId}/Users`;
    const { status, body } = await send(url, "POST", scim.token, { userName });
    expect(status).toBe(201);
    return String(body.id);
  }

  const admin = (method: string, path: string, body?: object) =>
    send(`${at(0)}/api/v1/organisations/acorn${path}`, method, operator, body);

  it(
    `opens one session for ${String(POSTS)} posts of one response at once, and nothing forged uses up the question (${String(SIZE)} rounds)`,
    async () => {
      await create("alice");
      for (let round = 0; round < SIZE; round += 1) {
        const asked = await signIns.ask(at(round));
        const junk = signIns.respond(
          { ...(await strangerOf()), entityId: idp.entityId },
          asked,
          "alice",
        );
        expect((await signIns.insist(at(round), asked.cookie, junk)).status).toBe(403);
        const response = signIns.respond(idp, asked, "alice");

        const answers = await Promise.all(
          Array.from({ length: POSTS }, (_, index) =>
            signIns.insist(at(index), asked.cookie, response),
          ),
        );

        const opened = answers.filter(({ session }) => session !== undefined);
        expect([opened.length, opened[0]?.status]).toEqual([1, 303]);
        expect(answers.filter(({ status }) => status !== 303 && status !== 403)).toEqual([]);
        expect(await signIns.look(at(round + 1), opened[0]?.session ?? "")).toBe(200);
      }
    },
    PATIENCE_MS,
  );

  let stranger: Promise<TestIdp> | undefined;
  const strangerOf = (): Promise<TestIdp> => (stranger ??= createTestIdp());

  it(
    `refuses the live session of who is deactivated at every process, and the seat is free when SCIM has its answer (${String(SIZE)} people)`,
    async () => {
      const times: number[] = [];
      for (let person = 0; person < SIZE; person += 1) {
        const userName = `leaver${String(person)}`;
        const id = await create(userName);
        const { session = "" } = await signIns.signIn(at(person), idp, userName);
        for (let which = 0; which < PROCESSES; which += 1) {
          expect(await signIns.look(at(which), session)).toBe(200);
        }
        const before = await used();

        const begun = performance.now();
        const url = `${at(person + 1)}/scim/v2/${scim.connectionId}/Users/${id}`;
        const operation = { op: "replace", path: "active", value: false };
        const answer = await send(url, "PATCH", scim.token, { Operations: [operation] });

        expect([200, 204]).toContain(answer.status);
        expect(await used()).toBe(before - 1);
        for (let which = 0; which < PROCESSES; which += 1) {
          while ((await signIns.look(at(which), session)) !== 401) await wait(5);
          times.push(performance.now() - begun);
        }
      }
      report("from SCIM to refusal at every process", times);
      if (IS_LONG) expect(percentile(times, 0.99)).toBeLessThan(1_000);
    },
    PATIENCE_MS,
  );

  async function used(): Promise<number> {
    return Number((await admin("GET", "/pools/desk")).body.used);
  }

  it(
    `signs others in while twenty bodies a second of the costly kind arrive (${String(SIZE)} seconds)`,
    async () => {
      const costly = await costlyBodies();
      const times: number[] = [];
      const answers: Promise<number>[] = [];
      const until = performance.now() + SIZE * 1_000;
      const hostile = (async () => {
        for (let count = 0; performance.now() < until; count += 1) {
          const [body, cookie] = costly[count % costly.length] ?? ["", ""];
          answers.push(signIns.insist(at(0), cookie, body).then(({ status }) => status));
          await wait(50);
        }
      })();
      while (performance.now() < until) {
        const begun = performance.now();
        expect((await signIns.signIn(at(0), idp, "alice")).status).toBe(303);
        times.push(performance.now() - begun);
        await wait(100);
      }
      await hostile;

      expect(new Set(await Promise.all(answers))).toEqual(new Set([403]));
      report(`sign-ins beside ${String(answers.length)} hostile bodies`, times);
      if (IS_LONG) expect(percentile(times, 0.99)).toBeLessThan(500);
    },
    PATIENCE_MS,
  );

  /** As large as the guard lets through: by a stranger, and made of what the provider signed. */
  async function costlyBodies(): Promise<[body: string, cookie: string][]> {
    const asked = await signIns.ask(at(0));
    const wide = `<saml:AttributeStatement><saml:Attribute Name="g">${"<saml:AttributeValue/>".repeat(950)}</saml:Attribute></saml:AttributeStatement>`;
    const inAssertion = wide.repeat(3);
    const foreign = { ...(await strangerOf()), entityId: idp.entityId };
    const genuine = Buffer.from(
      signIns.respond(idp, asked, "alice", { mode: "assertion" }),
      "base64",
    ).toString();
    const widened = genuine.replace("</saml:Assertion>", `${inAssertion}</saml:Assertion>`);
    return [
      [signIns.respond(foreign, asked, "alice", { inAssertion, mode: "assertion" }), asked.cookie],
      [signIns.respond(foreign, asked, "alice", { inAssertion }), asked.cookie],
      [Buffer.from(widened).toString("base64"), asked.cookie],
    ];
  }

  it(
    `loses no sign-in while the provider's certificate is changed and ${String(RESTARTED)} processes are started anew, one after another (${String(SIZE)} or more seconds, 5 a second)`,
    async () => {
      const next = await createTestIdp(idp.entityId);
      const old = idp;
      const failed: string[] = [];
      let count = 0;
      const pending: Promise<void>[] = [];
      let open = 0;
      const load = setInterval(() => {
        // A machine that does not keep up would only be kept busier: the restarts would take ever longer, and so on.
        if (open >= OPEN_MAX) return;
        count += 1;
        open += 1;
        const signedIn = signInBehindBalancer(count).then((said) => {
          open -= 1;
          if (said !== "") failed.push(said);
        });
        pending.push(signedIn);
      }, 200);
      const pause = () => wait((SIZE * 1_000) / (PROCESSES + 3));

      await pause();
      // As an administrator does: the new certificate beside the old, then the provider's turn, then the old one goes.
      await trust(old.certificate, next.certificate);
      await pause();
      idp = next;
      const byTheOld = [...pending];
      await pause();
      await Promise.all(byTheOld);
      await trust(next.certificate);
      for (let which = 0; which < RESTARTED; which += 1) {
        const stopping = programs[which]?.stop();
        await pause();
        expect(await stopping).toBe(0);
        programs[which] = await startProgram(program.main, configs[which] ?? "");
      }
      clearInterval(load);
      await Promise.all(pending);

      expect([...new Set(failed)]).toEqual([]);
      process.stdout.write(`sign-ins during the change and the restarts: ${String(count)}\n`);
    },
    PATIENCE_MS,
  );

  async function trust(...certificates: string[]): Promise<void> {
    const path = `/connections/${scim.connectionId}`;
    const { status } = await admin("PATCH", path, { saml: settings(...certificates) });
    expect(status).toBe(200);
  }

  /** Goes to another process where nobody listens, as a balancer does; all else that goes wrong is a failure. */
  async function signInBehindBalancer(count: number): Promise<string> {
    try {
      const asked = await elsewhere(count, (origin) => signIns.ask(origin));
      const response = signIns.respond(idp, asked, "alice");
      const { status } = await elsewhere(count + 1, (origin) =>
        signIns.insist(origin, asked.cookie, response),
      );
      return status === 303 ? "" : `answered ${String(status)}`;
    } catch (error) {
      return String(error);
    }
  }

  async function elsewhere<T>(first: number, work: (origin: string) => Promise<T>): Promise<T> {
    for (let which = first; ; which += 1) {
      try {
        return await work(at(which));
      } catch (error) {
        const isRefused = (error as { code?: string }).code === "ECONNREFUSED";
        if (!isRefused || which - first > 2 * PROCESSES) throw error;
      }
    }
  }

  function report(what: string, times: readonly number[]): void {
    const shown = [0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(0));
    process.stdout.write(`${what}: median, p99 and longest ${shown.join(", ")} ms\n`);
  }
});
