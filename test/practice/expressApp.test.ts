import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { run } from "../../src/cli/program.js";
import { identityProviderMetadata } from "../../src/practice/saml/metadata.js";
import { readSignInRequest } from "../../src/practice/saml/request.js";
import { signedResponse } from "../../src/practice/saml/response.js";
import { describeWhen } from "../support/notRun.js";
import { createRobot } from "./support/robot.js";
import type { Robot } from "./support/robot.js";
import { IDP, newId, SSO_URL, testKey } from "./support/saml.js";

const BUILT = existsSync("dist/src/index.js");

describeWhen(BUILT, "the example application: it needs the built library (npm run build)")(
  "the example Express application",
  () => {
    let dataDir: string;
    let application: ChildProcess;
    let url: string;
    let connection: string;
    let token: string;
    let robot: Robot;

    beforeAll(async () => {
      dataDir = mkdtempSync(join(tmpdir(), "seatkeeper-example-"));
      const port = await freePort();
      url = `http://127.0.0.1:${String(port)}`;
      robot = createRobot();
      await seatkeeper("migrate");
      await setUpCustomer();
      application = spawn(process.execPath, ["examples/express-app/server.js"], {
        env: { ...process.env, PORT: String(port), DATA_DIR: dataDir, CONNECTION: connection },
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(application.stdout!, "data");
    }, 60_000);

    afterAll(async () => {
      application.kill("SIGTERM");
      const [code] = (await once(application, "exit")) as [number | null];
      rmSync(dataDir, { recursive: true, force: true });
      // It ended by itself, in good order.
      expect(code).toBe(0);
    });

    /** One command of the README. */
    async function seatkeeper(...argv: string[]) {
      const lines: string[] = [];
      const code = await run([...argv, "--data", dataDir, "--json"], {
        out: (line) => void lines.push(line),
        err: (line) => void lines.push(line),
        readInput: () => Promise.resolve(""),
        untilStopped: () => Promise.resolve(),
      });
      if (code !== 0) throw new Error(lines.join("\n"));
      return JSON.parse(lines.join("\n"));
    }

    async function setUpCustomer(): Promise<void> {
      const { certificate } = await testKey();
      const metadata = join(dataDir, "idp.xml");
      writeFileSync(
        metadata,
        identityProviderMetadata({ entityId: IDP, ssoUrl: SSO_URL, certificate }),
      );
      await seatkeeper("org", "create", "acorn", "Acorn");
      const made = await seatkeeper(
        ...["connection", "create", "acorn", "IdP", "--plugin", "generic"],
        ...["--metadata", metadata],
      );
      connection = made.id;
      const given = await seatkeeper(
        ...["token", "create", "acorn", "--connection", "IdP", "--label", "test"],
      );
      token = given.token;
      await seatkeeper(
        ...["pool", "create", "acorn", "Desk", "--product", "support"],
        ...["--tiers", "standard,professional", "--capacity", "1"],
      );
    }

    function provision(userName: string): Promise<Response> {
      return fetch(`${url}/seatkeeper/scim/v2/${connection}/Users`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
        body: JSON.stringify({ userName, displayName: userName, active: true }),
      });
    }

    /** What a browser and an identity provider do together. */
    async function signIn(userName: string) {
      const login = await fetch(
        `${url}/seatkeeper/saml/${connection}/login?returnTo=${encodeURIComponent("/desk")}`,
        { redirect: "manual" },
      );
      const cookie = login.headers.getSetCookie()[0]!.split(";")[0]!;
      const address = new URL(login.headers.get("location")!);
      const metadata = await fetch(`${url}/seatkeeper/saml/${connection}/metadata`);
      const entityId = /entityID="([^"]+)"/.exec(await metadata.text())![1]!;
      const acsUrl = `${url}/seatkeeper/saml/${connection}/acs`;
      const request = readSignInRequest(address.search.slice(1), {
        ssoUrl: SSO_URL,
        serviceProvider: () => ({
          ...{ entityId, acsUrls: [acsUrl], signsRequests: false, certificates: [] },
        }),
        now: Date.now(),
      });
      const xml = signedResponse(
        {
          ...{ idpEntityId: IDP, spEntityId: entityId, acsUrl, inResponseTo: request.id },
          ...{ nameId: userName, attributes: [{ name: "userName", values: [userName] }] },
          ...{ now: Date.now(), newId },
        },
        await testKey(),
      );
      const answer = await fetch(acsUrl, {
        method: "POST",
        redirect: "manual",
        headers: { cookie },
        body: new URLSearchParams({
          SAMLResponse: Buffer.from(xml).toString("base64"),
          RelayState: request.relayState ?? "",
        }),
      });
      expect(answer.headers.get("location")).toBe("/desk");
      return answer.headers.getSetCookie().map((one) => one.split(";")[0]!);
    }

    async function open(path: string, cookies: readonly string[]) {
      const response = await fetch(url + path, { headers: { cookie: cookies.join("; ") } });
      return { status: response.status, text: await response.text() };
    }

    it("sends who is not signed in to the customer's identity provider, and back to the page", async () => {
      const page = await robot.get(`${url}/desk`);

      expect(page.status).toBe(401);
      expect(page.text).toContain("Sign in with your company account");
      expect(page.text).toContain(`/seatkeeper/saml/${connection}/login?returnTo=%2Fdesk`);
    });

    it("lets in who has a seat of the tier, and tells the others why not", async () => {
      expect((await provision("ann@acorn.example")).status).toBe(201);
      expect((await provision("ben@acorn.example")).status).toBe(201);
      const ann = await signIn("ann@acorn.example");
      const ben = await signIn("ben@acorn.example");

      expect(await open("/desk", ann)).toMatchObject({ status: 200 });
      expect((await open("/desk", ann)).text).toContain("with the tier standard");
      expect(await open("/reports", ann)).toMatchObject({ status: 403 });
      expect((await open("/reports", ann)).text).toContain("needs the tier professional");
      expect(await open("/desk", ben)).toMatchObject({ status: 409 });
      expect((await open("/desk", ben)).text).toContain("number 1 on the waiting list");
    });
  },
);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
