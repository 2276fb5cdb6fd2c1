import axe from "axe-core";
import type { Page } from "playwright-core";

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds wrong with the page as it is: rule and elements. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const run = `axe.run(document, { runOnly: ${JSON.stringify(WCAG)}, resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map((node) => node.html).join(" | ")))`;
  return page.evaluate<string[]>(run);
}

/** Pixels that the page is wider than the window. */
export function widthBeyond(page: Page): Promise<number> {
  const wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  return page.evaluate<number>(wide);
}
