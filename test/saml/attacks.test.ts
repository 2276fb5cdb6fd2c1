import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { updateConnection } from "../../src/actions/administerConnections.js";
import { describeWhen } from "../support/notRun.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  simpleSamlMissing,
  startSimpleSamlIdp,
  type SimpleSamlIdp,
} from "../support/simplesamlphp.js";
import { AFTER_SIGNING } from "./attacks/afterSigning.js";
import {
  attacked,
  encrypt,
  MODES,
  ownProviders,
  signed,
  type Mode,
  type OwnProvider,
} from "./attacks/bases.js";
import { BODIES } from "./attacks/bodies.js";
import {
  form,
  openDoor,
  type Answer,
  type Door,
  type Link,
  type Question,
} from "./attacks/door.js";
import { withFields } from "./attacks/edits.js";
import { signedCases } from "./attacks/signedCases.js";
import { SIGNINGS } from "./attacks/signings.js";

/**
 * The table of attacks against the whole server: each case of docs/attacks.md and more, in each way of signing, made of the
 * responses of the scripted, of the practice and of a real provider. Cases that need the provider's key cannot be made of the
 * real one's. Every one is refused with its own reason, told once, and leaves neither session nor trace; afterwards the
 * genuine response to the same request, which none of them has used up, is accepted.
 */
let door: Door;
let own: Record<"scripted" | "practice", OwnProvider>;
let stranger: TestIdp;
const links = new Map<string, Link>();

beforeAll(async () => {
  door = await openDoor();
  [own, stranger] = await Promise.all([ownProviders(door.clock.time), createTestIdp()]);
  for (const name of OWN) links.set(name, await door.link(name, own[name].idp));
});
afterAll(() => door.close());

const OWN = ["scripted", "practice"] as const;
const known = (name: string): Link => links.get(name)!;

function unsigned(name: (typeof OWN)[number], { requestId }: Pick<Question, "requestId">): string {
  return own[name].unsigned({ ...known(name), requestId, now: door.clock.time });
}

/** What is to be seen of a refusal, in one line that names the case when it differs. */
function seen(title: string, { status, told, cookies }: Answer): string {
  return `${title}: ${String(status)} ${told.join(" and ")} ${cookies.join()}`.trim();
}

const refusedFor = (title: string, reasons: readonly string[]) =>
  reasons.map((reason) => `${title}: 403 SignInFailed ${reason}`);

/** A signed Response alone is not enough by policy, so there that may be the reason as well. */
function reasonsIn(mode: Mode, reasons: string | readonly string[]): readonly string[] {
  return [reasons, mode === "response" ? "AssertionNotSigned" : []].flat();
}

/** The twin: accepted, unless it is not signed as policy demands. */
async function expectTwin(mode: Mode, question: Question, genuine: string): Promise<void> {
  const { status, told, cookies } = await question.post(form(genuine));
  const expected =
    mode === "response" ? [403, ["SignInFailed AssertionNotSigned"], 0] : [303, [], 1];
  // The one of the browser is renewed beside it.
  const sessions = cookies.filter((cookie) => /^(?:__Host-)?seatkeeper=/.test(cookie));
  expect([status, told, sessions.length]).toEqual(expected);
}

/** Each case once; says which did not end as they should. */
async function expectAllRefused(
  mode: Mode,
  question: Question,
  genuine: string,
  certificate: string,
): Promise<void> {
  const before = await door.state();
  const wrong: string[] = [];
  for (const { title, edit, reason, encrypted } of AFTER_SIGNING) {
    const attack = attacked(genuine, mode, edit, certificate);
    if (edit(genuine) === genuine) wrong.push(`${title}: changes nothing`);
    const reasons = reasonsIn(mode, mode === "encrypted" ? (encrypted ?? reason) : reason);
    const answer = seen(title, await question.post(form(attack)));
    if (!refusedFor(title, reasons).includes(answer)) {
      wrong.push(`${answer}, not ${reasons.join()}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(await door.state()).toEqual(before);
}

describe.each(OWN)("a response of the %s provider", (name) => {
  it.each(MODES)(
    "signed %s: nothing that is made of it without the key is accepted",
    async (mode) => {
      const link = known(name);
      const question = await link.ask();
      // What is encrypted is changed before: anybody can encrypt to the key in our metadata.
      const inner = mode === "encrypted" ? "assertion" : mode;
      const genuine = signed(unsigned(name, question), inner, own[name].idp, link);

      await expectAllRefused(mode, question, genuine, link.spCertificate);

      await expectTwin(
        mode,
        question,
        attacked(genuine, mode, (xml) => xml, link.spCertificate),
      );
    },
  );

  it.each(["assertion", "both", "encrypted"] as const)(
    "truly signed %s: nothing that says something wrong is accepted",
    async (mode) => {
      const link = known(name);
      const question = await link.ask();
      const before = await door.state();
      const { idp } = own[name];
      const xml = unsigned(name, question);
      const context = { now: door.clock.time, entityId: link.spEntityId, acsUrl: link.acsUrl };
      const sign = (text: string, more = {}) =>
        signed(text, mode, { ...idp, ...more }, { ...link, signsEncrypted: true });
      const wrong: string[] = [];
      const judge = async (title: string, attack: string, reason: string): Promise<void> => {
        const answer = seen(title, await question.post(form(attack)));
        if (!refusedFor(title, [reason]).includes(answer)) wrong.push(`${answer}, not ${reason}`);
      };

      for (const item of signedCases({ ...context, idpEntityId: idp.entityId })) {
        const { title, change, reason, modes, trust } = item;
        const asked =
          reason !== "accepted" && trust === undefined && (modes?.includes(mode) ?? true);
        if (asked) await judge(title, sign(withFields(xml, change)), reason);
      }
      for (const { title, signing, reason } of SIGNINGS) {
        await judge(title, sign(xml, signing(idp, stranger)), reason);
      }

      expect(wrong).toEqual([]);
      expect(await door.state()).toEqual(before);
      await expectTwin(mode, question, sign(xml));
    },
  );
});

describe("the form that carries a response", () => {
  it("is refused when it is anything but one field with base64 of UTF-8 text", async () => {
    const link = known("scripted");
    const question = await link.ask();
    const genuine = signed(unsigned("scripted", question), "both", own.scripted.idp, link);
    const before = await door.state();
    const answers: string[] = [];
    for (const { title, body, headers } of BODIES) {
      const made = body(Buffer.from(genuine).toString("base64")) as string;
      answers.push(
        seen(title, await question.post(made, headers === undefined ? {} : { headers })),
      );
    }

    expect(answers).toEqual(
      BODIES.map(({ title, status, told }) => `${title}: ${String(status)} ${told}`),
    );
    expect(await door.state()).toEqual(before);
    await expectTwin("both", question, genuine);
  });

  it.each([
    "https://evil.example",
    "//evil.example",
    "/.//evil.example",
    "/x/%2e%2e//evil.example/",
    "javascript:alert(1)",
    "/a\r\nX: y",
    "x".repeat(5_000),
  ])("N-101 never leads to its RelayState: %.30s", async (relayState) => {
    const link = known("scripted");
    const question = await link.ask();
    const fields = form(signed(unsigned("scripted", question), "both", own.scripted.idp, link));
    fields.append("RelayState", relayState);
    fields.append("RelayState", "https://evil.example");

    const { status, location } = await question.post(fields);

    expect([status, location]).toEqual([303, `${door.server.url}/signed-in`]);
  });
});

it("somebody who signs in twice in the same millisecond is let in twice", async () => {
  for (let time = 0; time < 2; time += 1) {
    const question = await known("scripted").ask();
    const genuine = signed(
      unsigned("scripted", question),
      "both",
      own.scripted.idp,
      known("scripted"),
    );
    await expectTwin("both", question, genuine);
  }
});

describe("a truly signed response to the wrong question", () => {
  const respond = (
    question: Pick<Question, "requestId">,
    name: (typeof OWN)[number] = "scripted",
  ) => signed(unsigned(name, question), "both", own[name].idp, known(name));

  /** Refused with one line, and nothing has changed. */
  async function expectRefused(posted: Promise<Answer>, told: string, status = 403): Promise<void> {
    const answer = await posted;
    expect([answer.status, answer.told, answer.cookies]).toEqual([status, [told], []]);
  }

  it("N-78 is refused when nobody asked it, and N-80 when another connection asked", async () => {
    const question = await known("scripted").ask();
    const other = await known("practice").ask();
    const before = await door.state();

    await expectRefused(
      question.post(form(respond({ requestId: "_nobody" }))),
      "SignInFailed unknownRequest",
    );
    await expectRefused(question.post(form(respond(other))), "SignInFailed unknownRequest");
    expect(await door.state()).toEqual(before);
  });

  it("N-81 is refused in another browser, and N-85 a second time", async () => {
    const question = await known("scripted").ask();
    const other = await known("scripted").ask();
    const body = form(respond(question));

    await expectRefused(other.post(body), "SignInFailed unknownRequest");
    expect((await question.post(body)).status).toBe(303);
    const before = await door.state();
    await expectRefused(question.post(body), "SignInFailed unknownRequest");
    expect(await door.state()).toEqual(before);
  });

  it("is refused when its assertion has the name of one that was used", async () => {
    const [question, other] = [await known("scripted").ask(), await known("scripted").ask()];
    const [first, second] = [question, other].map((asked) => {
      const xml = unsigned("scripted", asked).replace(/_assertion\d+/g, "_again");
      return form(signed(xml, "both", own.scripted.idp, known("scripted")));
    });
    expect((await question.post(first!)).status).toBe(303);
    const before = await door.state();

    await expectRefused(other.post(second!), "SignInFailed replay");
    expect(await door.state()).toEqual(before);
  });

  it("N-82 is refused when the question is older than ten minutes", async () => {
    const question = await known("practice").ask();
    const asked = door.clock.time;
    door.clock.time += 11 * 60_000;
    await expectRefused(
      question.post(form(respond(question, "practice"))),
      "SignInFailed unknownRequest",
    );
    door.clock.time = asked;
  });

  it("N-90, N-91 is refused by another connection, whether that trusts the same key or not", async () => {
    const same = await door.link("same-key", own.scripted.idp);
    const question = await known("scripted").ask();
    const atSame = await same.ask();

    await expectRefused(atSame.post(form(respond(question))), "SignInFailed DestinationMismatch");
    const atOther = await known("practice").ask();
    await expectRefused(atOther.post(form(respond(question))), "SignInFailed SignatureInvalid");
  });

  it("N-92, N-93 is refused when the connection was disabled or re-pointed meanwhile", async () => {
    const link = await door.link("changed-meanwhile", own.scripted.idp);
    const question = await link.ask();
    const xml = own.scripted.unsigned({
      ...link,
      requestId: question.requestId,
      now: door.clock.time,
    });
    const body = form(signed(xml, "both", own.scripted.idp, link));
    const { administer } = door.server.app;
    const { id, organisationId } = link.connection.connection;
    const change = (more: object) => updateConnection(administer, organisationId, id, more);
    const settings = { ssoUrl: "https://idp.example.com/sso", replaceProvider: true };

    await change({ enabled: false });
    await expectRefused(question.post(body), "NotFound", 404);
    const elsewhere = {
      ...settings,
      certificates: [own.scripted.idp.certificate],
      idpEntityId: "https://new.example",
    };
    await change({ enabled: true, saml: elsewhere });
    await expectRefused(question.post(body), "SignInFailed IssuerMismatch");
    await change({
      saml: {
        ...settings,
        certificates: [stranger.certificate],
        idpEntityId: own.scripted.idp.entityId,
      },
    });
    await expectRefused(question.post(body), "SignInFailed SignatureInvalid");
  });
});

const missing = simpleSamlMissing();

describeWhen(missing === undefined, `attacks on responses of SimpleSAMLphp: ${missing ?? ""}`)(
  "a response of SimpleSAMLphp",
  () => {
    let idp: SimpleSamlIdp | undefined;
    const REAL = ["assertion", "response", "both"] as const;

    beforeAll(async () => {
      // The provider is known when the connections are made, and the connections before it can answer.
      idp = await startSimpleSamlIdp({ name: "attacked", serviceProviders: [] });
      for (const mode of REAL) links.set(mode, await door.link(mode, idp!));
      idp!.trust(
        REAL.map((mode) => {
          const { spEntityId: entityId, acsUrl, spCertificate: certificate } = known(mode);
          const signing = {
            signAssertion: mode !== "response",
            signResponse: mode !== "assertion",
          };
          return { entityId, acsUrl, certificate, ...signing };
        }),
      );
    });
    afterAll(() => idp?.close());

    it.each(MODES)("signed %s: nothing that is made of it is accepted", async (mode) => {
      // The provider's clock goes on.
      door.clock.time = Date.now();
      // Anybody can encrypt: an encrypted assertion is made of a signed one.
      const link = known(mode === "encrypted" ? "assertion" : mode);
      const question = await link.ask();
      const { SAMLResponse } = await question.browser.signIn(question.location, "alice");
      const genuine = Buffer.from(SAMLResponse, "base64").toString();

      await expectAllRefused(mode, question, genuine, link.spCertificate);

      await expectTwin(
        mode,
        question,
        mode === "encrypted" ? encrypt(genuine, link.spCertificate) : genuine,
      );
    });
  },
);
