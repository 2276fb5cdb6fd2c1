import type { RequestHandler, Response } from "express";
import { ERRORS, SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
import { GERMAN } from "./texts/de.js";
import { ENGLISH, type PageTexts, type TextKey } from "./texts/en.js";

/** The language of a page: chosen by what the browser asks for, with the vendor's own texts over ours. */

/** By language ("en", "de", "pt-BR"), then by key. */
export type OwnTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface PageWords {
  /** BCP 47, for `html lang`. */
  readonly language: string;
  /** Of the vendor's product; null: none is shown. */
  readonly productName: string | null;
  /** Plain text, to be escaped where it is put into a page. */
  say(key: TextKey, values?: Readonly<Record<string, string | number>>): string;
  /** A day and a time in this language. @param timeZone IANA */
  time(at: number, timeZone: string): string;
}

export interface WordOptions {
  readonly productName: string | null;
  readonly texts: OwnTexts;
}

const SHIPPED: Readonly<Record<string, PageTexts>> = { en: ENGLISH, de: GERMAN };
const DEFAULT_LANGUAGE = "en";

/**
 * Texts of a language that is not ours may be incomplete: what is missing is English.
 * @throws SeatkeeperError InvalidConfiguration for a language or a key that cannot be meant
 */
export function createPageWords({
  productName,
  texts,
}: WordOptions): (acceptLanguage: string | undefined) => PageWords {
  const names = new Set([...Object.keys(SHIPPED), ...Object.keys(texts)]);
  const languages = new Map(
    [...names].map((name) => {
      const language = canonical(name);
      const own = texts[name] ?? {};
      Object.keys(own).forEach(checkKey);
      const all = { ...ENGLISH, ...SHIPPED[baseOf(language)], ...SHIPPED[language], ...own };
      return [language.toLowerCase(), wordsOfLanguage(language, productName, all)] as const;
    }),
  );
  const fallback = languages.get(DEFAULT_LANGUAGE) ?? ENGLISH_WORDS;
  return (acceptLanguage) => {
    for (const wanted of wishesOf(acceptLanguage)) {
      const found = languages.get(wanted) ?? languages.get(baseOf(wanted));
      if (found !== undefined) return found;
    }
    return fallback;
  };
}

function wordsOfLanguage(
  language: string,
  productName: string | null,
  texts: Readonly<Record<TextKey, string>>,
): PageWords {
  return {
    language,
    productName,
    say: (key, values = {}) =>
      // A value is put in once and not looked at again, whatever it looks like.
      texts[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)),
    time: (at, timeZone) =>
      new Intl.DateTimeFormat(language, {
        dateStyle: "long",
        timeStyle: "short",
        timeZone,
      }).format(at),
  };
}

export const ENGLISH_WORDS = wordsOfLanguage(DEFAULT_LANGUAGE, null, ENGLISH);

function checkKey(key: string): void {
  if (Object.hasOwn(ENGLISH, key)) return;
  throw new SeatkeeperError("InvalidConfiguration", {
    field: "pages.textsFile",
    sentence: `pages.textsFile: ${unknownName("text", key, Object.keys(ENGLISH))}`,
  });
}

function canonical(name: string): string {
  try {
    const [language] = Intl.getCanonicalLocales(name);
    if (language !== undefined) return language;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new SeatkeeperError("InvalidConfiguration", {
    field: "pages.textsFile",
    sentence: `pages.textsFile: "${name}" is no language; write it like de or pt-BR.`,
  });
}

function baseOf(language: string): string {
  return language.split("-")[0] ?? language;
}

const WISHES_MAX = 20;
const WISH = /^([a-z]{2,8}(?:-[a-z\d]{1,8})*)$/i;

/** The languages of an Accept-Language header (RFC 9110 §12.5.4), the most wanted first. */
function wishesOf(header: string | undefined): string[] {
  return (header ?? "")
    .split(",", WISHES_MAX)
    .flatMap((part) => {
      const [tag = "", ...parameters] = part.split(";").map((text) => text.trim());
      const weight = Number(parameters.find((text) => text.startsWith("q="))?.slice(2) ?? "1");
      return WISH.test(tag) && weight > 0 ? [{ tag: tag.toLowerCase(), weight }] : [];
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** Chooses the language of every page that follows. */
export function speak(wordsFor: ReturnType<typeof createPageWords>): RequestHandler {
  return (request, response, next) => {
    (response.locals as { pageWords?: PageWords }).pageWords = wordsFor(
      request.get("accept-language"),
    );
    response.vary("Accept-Language");
    next();
  };
}

export function wordsOf(response: Response): PageWords {
  return (response.locals as { pageWords?: PageWords }).pageWords ?? ENGLISH_WORDS;
}

/** What to tell the person; which check failed is for the administrator. A sentence about this very case stays as it is. */
export function sentenceFor(words: PageWords, { code, message }: SeatkeeperError): string {
  const key = `refused.${code}`;
  const isOwn = message !== ERRORS[code].sentence;
  if (!Object.hasOwn(ENGLISH, key)) return message;
  if (isOwn && baseOf(words.language) === DEFAULT_LANGUAGE) return message;
  return words.say(key as TextKey);
}
