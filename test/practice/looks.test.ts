import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { violations, widthBeyond } from "../support/axe.js";
import { chromiumMissing, launchChromium } from "../support/chromium.js";
import { describeWhen } from "../support/notRun.js";
import { startTestPractice } from "./support/practice.js";
import type { TestPractice } from "./support/practice.js";

/** The practice page as people see it: at every width, in the dark, with names of any length, by keyboard. */

const missing = chromiumMissing();
const WIDTHS = [320, 375, 768, 800, 1181, 1200, 1440];
/** As long as the page lets a family name be, without a place to break it. */
const LONG = "W".repeat(60);

/** What is seen beyond the card that it is in, and cards that lie over each other. */
const OUT_OF_PLACE = `(() => {
  const box = (element) => element.getBoundingClientRect();
  const cards = [...document.querySelectorAll(".card, .people")];
  const out = cards.flatMap((card) =>
    [...card.querySelectorAll("*")]
      .filter((one) => one.checkVisibility() && !one.closest("pre, .visually-hidden, option"))
      .filter((one) => box(one).right > box(card).right + 0.5 || box(one).left < box(card).left - 0.5)
      .map((one) => one.outerHTML.slice(0, 80)));
  const over = cards.flatMap((a, index) => cards.slice(index + 1)
    .filter((b) => box(a).left < box(b).right && box(b).left < box(a).right
      && box(a).top < box(b).bottom && box(b).top < box(a).bottom)
    .map((b) => a.className + " over " + b.className));
  return [...out, ...over];
})()`;

describeWhen(missing === undefined, `looks of the practice page in a browser: ${missing ?? ""}`)(
  "the looks of the practice page in a real browser",
  () => {
    let practice: TestPractice;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      [practice, browser] = await Promise.all([startTestPractice(), launchChromium()]);
    }, 60_000);

    afterAll(async () => {
      await browser.close();
      await practice.close();
    });

    afterEach(() => page.context().close());

    async function visit(path = "/", options: BrowserContextOptions = {}): Promise<void> {
      const context = await browser.newContext(options);
      page = await context.newPage();
      await page.goto(practice.ready.practiceIdp.url + path);
    }

    function happened(): Promise<string> {
      return page.locator("#happened").innerText();
    }

    async function misplaced(): Promise<Record<number, unknown>> {
      const found: Record<number, unknown> = {};
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        found[width] = [await widthBeyond(page), await page.evaluate(OUT_OF_PLACE)];
      }
      return found;
    }

    const IN_PLACE = Object.fromEntries(WIDTHS.map((width) => [width, [0, []]]));

    it("keep everything in its card at every width, as it is and with all that folds out", async () => {
      await visit();

      expect(await misplaced()).toEqual(IN_PLACE);
      await page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true",
      );
      expect(await misplaced()).toEqual(IN_PLACE);
    }, 60_000);

    it("keep a name of sixty letters without a space in its place, here and in the application", async () => {
      await practice.pressOnly("/people/marek.dvorak/rename", { familyName: LONG });
      await visit();
      expect(await happened()).toContain(LONG);
      expect(await misplaced()).toEqual(IN_PLACE);

      await page.getByRole("button", { name: `Sign in as Marek ${LONG}` }).click();
      await page.waitForURL(/\/app\/signed-in$/);
      expect(await misplaced()).toEqual(IN_PLACE);
      await practice.pressOnly("/people/marek.dvorak/rename", { familyName: "Dvořák" });
    }, 60_000);

    it("leave the list a table for those who hear it, also where it does not look like one", async () => {
      await visit("/", { viewport: { width: 800, height: 900 } });
      const row = page.getByRole("row").filter({ hasText: "Zoë Müller" });

      expect(await row.getByRole("rowheader").innerText()).toContain("Zoë Müller");
      expect(await row.getByRole("cell").count()).toBe(3);
    });

    it.each([
      ["light", 1400],
      ["dark", 375],
    ] as const)(
      "have no fault that axe knows: %s, %d px wide",
      async (colorScheme, width) => {
        await practice.pressOnly("/people/aoife.byrne/deactivate");
        await visit("/", { colorScheme, viewport: { width, height: 900 } });
        await page.evaluate(
          "for (const one of document.querySelectorAll('details')) one.open = true",
        );
        const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
        const channels = String(ground).match(/\d+/g)!.map(Number);

        expect(Math.max(...channels) < 128).toBe(colorScheme === "dark");
        expect(await violations(page)).toEqual([]);
        await page.getByRole("button", { name: "Sign in as Zoë Müller" }).click();
        await page.waitForURL(/\/app\/signed-in$/);
        expect(await violations(page)).toEqual([]);
        await page.goto(`${practice.ready.practiceIdp.url}/nowhere`);
        expect(await violations(page)).toEqual([]);
        await practice.pressOnly("/people/aoife.byrne/reactivate");
      },
      60_000,
    );

    it("show five pools in one row, or as three and two, but never as four and one", async () => {
      await visit();
      const rows: Record<number, number[]> = {};
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const tops = await page.evaluate<number[]>(
          "[...document.querySelectorAll('.pool')].map((one) => one.getBoundingClientRect().top)",
        );
        rows[width] = [...new Set(tops)].map((top) => tops.filter((one) => one === top).length);
      }

      expect(Object.values(rows)).not.toContainEqual([4, 1]);
      expect(rows).toMatchObject({
        375: [1, 1, 1, 1, 1],
        768: [3, 2],
        800: [3, 2],
        1200: [5],
        1440: [5],
      });
    });

    it("leave the keyboard where it was after a new name, which folds its form away", async () => {
      await visit();
      const row = page.getByRole("row").filter({ hasText: "Lucas Martin" });
      await row.getByText("More").click();
      await row.getByRole("textbox").fill("Martin-Roux");
      await page.keyboard.press("Enter");
      await page.locator("#happened").getByText("family name Martin-Roux").first().waitFor();
      await page.locator("body:not(.busy)").waitFor();
      const focused = "document.activeElement.tagName + ' ' + document.activeElement.textContent";

      expect(await page.evaluate(focused)).toBe("SUMMARY More");
      const inRow = "document.activeElement.closest('tr').textContent";
      expect(await page.evaluate(inRow)).toContain("Lucas Martin-Roux");
    });

    it("keep a search when the page is loaded again, and show everybody when it is cleared", async () => {
      await visit();
      await page.getByRole("searchbox").fill("waiting");
      const count = await page.locator("#count").innerText();
      expect(count).toMatch(/^\d of 40 people$/);

      await page.reload();
      expect(await page.getByRole("searchbox").inputValue()).toBe("waiting");
      expect(await page.locator("#count").innerText()).toBe(count);
      await page.getByRole("searchbox").fill("");
      await page.getByText("40 people", { exact: true }).waitFor();
      expect(await page.locator("#people > tr:visible").count()).toBe(40);
      expect(page.url()).toBe(`${practice.ready.practiceIdp.url}/`);
    });

    it("say why nothing was done on a page from before a restart, and do it the next time", async () => {
      await visit();
      const old = "for (const one of document.getElementsByName('csrf')) one.value = 'of-before'";
      await page.evaluate(old);
      await page.getByRole("button", { name: "Deactivate Mehmet Öz" }).click();
      await page.getByRole("alert").waitFor();

      expect(await page.getByRole("alert").innerText()).toContain("started again");
      await page.getByRole("button", { name: "Deactivate Mehmet Öz" }).click();
      await page.locator("#happened").getByText("You deactivated Mehmet Öz.").waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
      await practice.pressOnly("/people/mehmet.oz/reactivate");
    });

    it("say so when nobody answers, and leave the page as it is", async () => {
      await visit();
      await page.route("**/people/**", (route) => route.abort());
      await page.getByRole("button", { name: "Deactivate Mehmet Öz" }).click();

      expect(await page.getByRole("alert").innerText()).toContain("does not answer");
      expect(await page.locator("#people > tr").count()).toBe(40);
    });

    it("are the same when the application's page is loaded again after a sign-in", async () => {
      await visit();
      await page.getByRole("button", { name: "Sign in as Zoë Müller" }).click();
      await page.waitForURL(/\/app\/signed-in$/);
      const before = await page.locator("main").innerText();
      await page.reload();

      expect(await page.locator("main").innerText()).toBe(before);
      expect(before).toContain("Hello Zoë Müller");
    });

    it("tell no set-up as a seat when the provider speaks another dialect", async () => {
      await visit();
      await page.getByText("Okta", { exact: true }).click();
      await page.locator("#happened").getByText("speaks like Okta").waitFor();

      expect(await happened()).toContain("The set-up: connection “practice” changed (plugin).");
      expect(await happened()).not.toMatch(/Somebody|setup\.changed|“”/);
      await practice.pressOnly("/dialect", { dialect: "generic" });
    });
  },
);
