import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type {
  Browser as Chromium,
  BrowserContext,
  BrowserContextOptions,
  Page,
} from "playwright-core";
import { Browser } from "../e2e/browser.js";
import { violations, widthBeyond } from "../support/axe.js";
import { chromiumMissing, launchChromium } from "../support/chromium.js";
import { describeWhen } from "../support/notRun.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";

/** The pages of the sign-in as people see them: with axe, on a narrow screen, in the dark, without scripts, in German. */

const missing = chromiumMissing();
const HOSTILE = `Zoë <img src=x onerror="document.title='owned'"> O'Hara & sons`;
const LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

describeWhen(missing === undefined, `pages of the sign-in in a browser: ${missing ?? ""}`)(
  "the pages of the sign-in in a real browser",
  () => {
    let server: TestServer;
    let acorn: TestOrganisation;
    let link: TestConnection;
    let idp: TestIdp;
    let chromium: Chromium;
    /** Where each page is, and whose cookies it needs. */
    const pages = new Map<string, { readonly url: string; readonly as?: Browser }>();

    beforeAll(async () => {
      chromium = await launchChromium();
      const txt: string[] = [];
      server = await startTestServer(
        { pages: { productName: HOSTILE } },
        { txtRecords: () => Promise.resolve(txt) },
      );
      idp = await createTestIdp();
      acorn = await server.organisation("acorn");
      link = await connected(HOSTILE);
      await connected(LONG);
      await acorn.pool({
        name: LONG,
        kind: "shared",
        policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
      });
      const { body } = await acorn.api("POST", "/domains", { domain: "acorn.example" });
      txt.push(body.record.value as string);
      await acorn.api("POST", "/domains/acorn.example/verify");
      const lost = await signedIn("lost", LONG);
      const holder = await signedIn("holder", HOSTILE);
      const signedInUrl = `${server.url}/signed-in`;
      pages.set("start", { url: `${server.url}/` });
      pages.set("find", { url: `${server.url}/saml/sign-in` });
      pages.set("taken over", { url: signedInUrl, as: lost });
      pages.set("signed in", { url: signedInUrl, as: holder });
      pages.set("not signed in", { url: signedInUrl });
      pages.set("failed", { url: `${server.url}/saml/nobody/login` });
    }, 60_000);

    afterAll(async () => {
      await chromium.close();
      await server.close();
    });

    function connected(name: string): Promise<TestConnection> {
      return acorn.connection("generic", {
        name,
        saml: {
          idpEntityId: idp.entityId,
          ssoUrl: "https://idp.example.com/sso",
          certificates: [idp.certificate],
        },
      });
    }

    async function signedIn(name: string, displayName: string): Promise<Browser> {
      const userName = `${name}@acorn.example`;
      await link.scim("POST", "/Users", { userName, displayName });
      const browser = new Browser();
      await browser.signIn(`${server.url}/saml/${link.connection.id}`, idp, userName);
      return browser;
    }

    function open(options: BrowserContextOptions = {}): Promise<BrowserContext> {
      return chromium.newContext({ locale: "en-GB", ...options });
    }

    async function visit(context: BrowserContext, name: string): Promise<Visited> {
      const { url, as } = pages.get(name) ?? { url: "" };
      await context.clearCookies();
      const cookies = [...(as?.cookies ?? [])].map(([key, value]) => ({
        ...{ name: key, value, url: server.url, httpOnly: true },
      }));
      if (cookies.length > 0) await context.addCookies(cookies);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        // An answer of 401 or 404 is one, too, and is meant here.
        const isMeant = message.text().startsWith("Failed to load resource");
        if (message.type() === "error" && !isMeant) complaints.push(message.text());
      });
      page.on("pageerror", (error) => void complaints.push(error.message));
      await page.goto(url);
      return { page, complaints };
    }

    interface Visited {
      readonly page: Page;
      readonly complaints: readonly string[];
    }

    async function submitted(context: BrowserContext, email: string): Promise<Visited> {
      const visited = await visit(context, "find");
      await visited.page.getByRole("textbox").fill(email);
      await visited.page.getByRole("button").click();
      await visited.page.waitForLoadState();
      return visited;
    }

    describe.each([
      ["in the light", { colorScheme: "light", viewport: { width: 1280, height: 800 } }],
      ["in the dark, 320 px wide", { colorScheme: "dark", viewport: { width: 320, height: 640 } }],
    ] as const)("%s", (_title, options) => {
      it("have no fault that axe knows, no sideways scrolling, and nothing that the browser blocks", async () => {
        const context = await open(options);
        const seen: Record<string, unknown> = {};
        const look = async (name: string, { page, complaints }: Visited) => {
          const [faults, beyond] = [await violations(page), await widthBeyond(page)];
          seen[name] = { faults, beyond, complaints, title: await page.title() };
          await page.close();
        };
        for (const name of pages.keys()) await look(name, await visit(context, name));
        await look("unknown", await submitted(context, "ann@else.example"));
        await look("choose", await submitted(context, "ann@acorn.example"));

        for (const [name, found] of Object.entries(seen)) {
          expect([name, found]).toEqual([
            name,
            { faults: [], beyond: 0, complaints: [], title: expect.not.stringMatching(/^owned/) },
          ]);
        }
        expect(Object.keys(seen)).toHaveLength(8);
      }, 60_000);
    });

    it("say who holds the seat now, when it was taken over and what to do", async () => {
      const context = await open();
      const { page } = await visit(context, "taken over");
      const text = await page.locator("main").innerText();

      expect(text).toContain(`was taken over by ${HOSTILE} on`);
      const again = page.getByRole("link", { name: "Sign in again" });
      expect(await again.getAttribute("href")).toContain(`/saml/${link.connection.id}/login`);
    });

    it("lead to the sign-in, and out, by keyboard and without JavaScript, in German", async () => {
      const context = await open({ javaScriptEnabled: false, locale: "de-AT" });
      const { page } = await visit(context, "find");
      expect(await page.locator("html").getAttribute("lang")).toBe("de");
      await page.keyboard.press("Tab");
      await page.keyboard.type("ann@acorn.example");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Wählen Sie, wie Sie sich anmelden" }).waitFor();
      expect(await page.getByRole("link").count()).toBe(2);

      const { page: landing } = await visit(context, "signed in");
      expect(await landing.locator("h1").innerText()).toBe(`Hallo ${HOSTILE}, Sie sind angemeldet`);
      await landing.getByRole("button", { name: "Abmelden" }).click();
      await landing.getByRole("heading", { name: "Sie sind abgemeldet" }).waitFor();
    });

    it("tell a browser that reads aloud what was wrong with the address", async () => {
      const context = await open();
      const { page } = await submitted(context, "ann@else.example");
      const field = page.getByRole("textbox", { name: "Your work e-mail address" });

      expect(await field.inputValue()).toBe("ann@else.example");
      expect(await field.getAttribute("aria-invalid")).toBe("true");
      expect(await page.getByRole("alert").innerText()).toContain("else.example");
      expect(await page.title()).toContain("Error:");
    });
  },
);
