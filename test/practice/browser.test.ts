import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromiumMissing, launchChromium } from "../support/chromium.js";
import { describeWhen } from "../support/notRun.js";
import { startTestPractice } from "./support/practice.js";
import type { TestPractice } from "./support/practice.js";

const missing = chromiumMissing();

describeWhen(missing === undefined, `practice page in a browser: ${missing ?? ""}`)(
  "the practice page in a real browser",
  () => {
    let practice: TestPractice;
    let browser: Browser;
    let scripted: BrowserContext;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      [practice, browser] = await Promise.all([startTestPractice(), launchChromium()]);
      scripted = await open(true);
    }, 60_000);

    afterAll(async () => {
      await browser.close();
      await practice.close();
    });

    afterEach(() => page.close());

    function open(javaScriptEnabled: boolean): Promise<BrowserContext> {
      return browser.newContext({ javaScriptEnabled, viewport: { width: 1400, height: 900 } });
    }

    /** A fresh page that remembers every complaint of the browser: blocked scripts, styles and forms among them. */
    async function visit(context = scripted): Promise<void> {
      complaints = [];
      page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => void complaints.push(error.message));
      await page.goto(practice.ready.practiceIdp.url);
    }

    function happened(): Promise<string> {
      return page.locator("#happened").innerText();
    }

    async function press(name: string, until: string): Promise<void> {
      await page.getByRole("button", { name, exact: true }).click();
      await page.locator("#happened").getByText(until).first().waitFor();
    }

    it("signs somebody in by the real round trip and shows the verified token", async () => {
      await visit();
      await page.getByRole("button", { name: "Sign in as Zoë Müller" }).click();
      await page.waitForURL(/\/app\/signed-in$/);

      expect(await page.locator("h1").innerText()).toBe("Hello Zoë Müller");
      expect(await page.locator("main").innerText()).toMatch(
        /Support: open, with the tier Standard/,
      );
      await page.getByRole("link", { name: /Back/ }).click();
      expect(await happened()).toContain("Zoë Müller got a Standard seat");
      expect(complaints).toEqual([]);
    });

    it("deactivates without leaving the page, tells what was sent, and refuses the sign-in", async () => {
      await visit();
      await press("Deactivate Aoife Byrne", "You deactivated Aoife Byrne.");

      expect(await happened()).toMatch(/PATCH \/Users\/[\w-]+ 20[04]/);
      expect(await page.evaluate("document.activeElement.id")).toBe("happened-title");
      await page.getByRole("button", { name: "Try to sign in as Aoife Byrne" }).click();
      await page.waitForURL(/\/acs$/);
      expect(await page.locator("body").innerText()).toContain("could not be signed in");
      await visit();
      await press("Reactivate Aoife Byrne", "You reactivated Aoife Byrne.");
      expect(complaints).toEqual([]);
    });

    it("moves somebody to another group, which changes tier and seat", async () => {
      await visit();
      const row = page.getByRole("row").filter({ hasText: "Marek Dvořák" });
      await row.getByRole("combobox").selectOption("Team Leads");
      await press("Move Marek Dvořák", "You moved Marek Dvořák to Team Leads.");

      expect(await row.innerText()).toContain("Professional");
      expect(await row.innerText()).toContain("locked seat of “Professionals”");
      expect(await page.locator("#pools").innerText()).toContain("12 of 12 held, 0 free");
      expect(complaints).toEqual([]);
    });

    it("speaks another dialect at the turn of a switch", async () => {
      await visit();
      await page.getByText("Entra", { exact: true }).click();
      await page.locator("#happened").getByText("speaks like Entra").waitFor();
      await press("Deactivate Lucas Martin", "You deactivated Lucas Martin.");
      await page.locator("#happened summary").first().click();

      expect(await happened()).toContain('"value": "False"');
      expect(await page.getByRole("radio", { name: "Entra" }).isChecked()).toBe(true);
      expect(complaints).toEqual([]);
    });

    it("finds people while one types, also after a change", async () => {
      await visit();
      await page.getByRole("searchbox").fill("yamada");

      expect(await page.locator("#count").innerText()).toBe("1 of 40 people");
      expect(await page.locator("#people > tr:visible").count()).toBe(1);
      await press("Deactivate 山田花子", "You deactivated 山田花子.");
      expect(await page.locator("#people > tr:visible").count()).toBe(1);
    });

    it("does all this without JavaScript, by more clicks", async () => {
      const plain = await open(false);
      await visit(plain);
      await page.getByRole("searchbox").fill("kealoha");
      await page.getByRole("button", { name: "Search" }).click();
      expect(await page.locator("#people > tr").count()).toBe(1);
      await press("Deactivate Leilani Keāloha", "You deactivated Leilani Keāloha.");
      await page.getByRole("button", { name: "Sign in as Mehmet Öz" }).click();
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("button", { name: "Continue" }).click();

      expect(await page.locator("h1").innerText()).toBe("Hello Mehmet Öz");
      await plain.close();
    });

    describe("on a small screen", () => {
      it("has no sideways scrolling", async () => {
        await visit();
        await page.setViewportSize({ width: 390, height: 800 });
        const wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

        expect(await page.evaluate(wide)).toBe(0);
      });
    });
  },
);
