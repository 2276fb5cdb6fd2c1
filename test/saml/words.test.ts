import { describe, expect, it } from "@jest/globals";
import { SeatkeeperError } from "../../src/errors.js";
import { failedPage, handOverPage, signedInPage } from "../../src/saml/pages.js";
import { GERMAN } from "../../src/saml/texts/de.js";
import { ENGLISH } from "../../src/saml/texts/en.js";
import { createPageWords, sentenceFor } from "../../src/saml/words.js";

const plain = createPageWords({ productName: null, texts: {} });

describe("the language of a page", () => {
  it.each([
    [undefined, "en"],
    ["", "en"],
    ["de", "de"],
    ["de-AT,de;q=0.9,en;q=0.8", "de"],
    ["fr,de;q=0.5,en;q=0.9", "en"],
    ["en;q=0.1, de;q=0.2", "de"],
    ["de;q=0", "en"],
    ["fr-CH, *;q=0.5", "en"],
    ["xx,".repeat(1_000) + "de", "en"],
    ["<script>", "en"],
    ["de;q=x", "en"],
  ])("is chosen by Accept-Language: %j", (header, language) => {
    expect(plain(header).language).toBe(language);
  });

  it("can be one that the vendor adds, with English for what it lacks", () => {
    const texts = { "pt-br": { "find.heading": "Entrar" }, de: { "find.heading": "Hinein!" } };
    const wordsFor = createPageWords({ productName: "Acorn", texts });
    const brazil = wordsFor("pt-BR");
    expect([brazil.language, brazil.say("find.heading")]).toEqual(["pt-BR", "Entrar"]);
    expect(brazil.say("find.continue")).toBe(ENGLISH["find.continue"]);
    expect(wordsFor("de").say("find.heading")).toBe("Hinein!");
    expect(wordsFor("de").say("find.continue")).toBe(GERMAN["find.continue"]);
    expect(wordsFor("en").say("find.heading")).toBe(ENGLISH["find.heading"]);
  });

  it.each([
    [{ en: { "find.headin": "x" } }, "find.heading"],
    [{ "no language": {} }, "no language"],
    [{ en: { __proto__x: "x" } }, "__proto__x"],
  ])("is refused at the start where it cannot be meant: %j", (texts, said) => {
    expect(() => createPageWords({ productName: null, texts })).toThrow(said);
  });

  it("has the same keys and the same values to put in, in every language that comes along", () => {
    const placesIn = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].toSorted();
    for (const [key, text] of Object.entries(GERMAN)) {
      expect([key, placesIn(text)]).toEqual([key, placesIn(ENGLISH[key as keyof typeof ENGLISH])]);
    }
    expect(Object.keys(GERMAN)).toEqual(Object.keys(ENGLISH));
  });
});

describe("a page", () => {
  const HOSTILE = `<img src=x onerror="alert('1')">&{name}`;
  const escaped = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;{name}";

  it("escapes every value and every text, and puts a value in once", () => {
    const texts = { en: { "signedIn.heading": "<i>{name}</i>", "signedIn.signOut": "<u>" } };
    const words = createPageWords({ productName: HOSTILE, texts })("en");
    const pages = [
      failedPage(HOSTILE, HOSTILE, words),
      handOverPage(HOSTILE, { [HOSTILE]: HOSTILE }, HOSTILE, words),
      signedInPage(
        {
          ...{ name: HOSTILE, hasSeat: true, signOutAction: HOSTILE, againUrl: HOSTILE },
          lines: [{ product: HOSTILE, sentences: [HOSTILE] }],
        },
        words,
      ),
    ];
    for (const page of pages) {
      expect(page).toContain(escaped);
      expect(page).not.toContain("<img");
      expect(page).not.toContain("<i>");
      expect(page).not.toContain("<u>");
    }
    expect(pages[2]).toContain(`&lt;i&gt;${escaped}&lt;/i&gt;`);
  });

  it("says what language it is in and whose it is", () => {
    const page = failedPage("r", "s", createPageWords({ productName: "Acorn", texts: {} })("de"));
    expect(page).toContain('<html lang="de">');
    expect(page).toContain("<title>Anmeldung fehlgeschlagen - Acorn</title>");
  });

  it("translates what is refused, and keeps a sentence about this very case for who reads English", () => {
    const german = plain("de");
    const failed = new SeatkeeperError("SignInFailed");
    const own = new SeatkeeperError("NotFound", { sentence: "There is no such tree." });
    expect(sentenceFor(german, failed)).toBe("Die Anmeldung konnte nicht angenommen werden.");
    expect(sentenceFor(plain("en"), failed)).toBe(failed.message);
    expect(sentenceFor(plain("en"), own)).toBe("There is no such tree.");
    expect(sentenceFor(german, own)).toBe("Diese Seite gibt es nicht.");
    const rare = new SeatkeeperError("LeaseLost");
    expect(sentenceFor(german, rare)).toBe(rare.message);
  });

  it("tells times in the language and the zone of the organisation", () => {
    const at = Date.UTC(2026, 2, 1, 12, 30);
    expect(plain("de").time(at, "Europe/Vienna")).toContain("13:30");
    expect(plain("en").time(at, "UTC")).toContain("March 1, 2026");
  });
});
