import { KINDS } from "../token.js";

/** Stands where something secret stood. */
export const WITHHELD = "[withheld]";

const KIND = KINDS.join("|");

/**
 * What looks like a credential inside a text. The last net: nothing should get here. Each repetition is bounded or can
 * begin at one place only: texts of strangers come here, and must not cost more than their length.
 */
const CREDENTIALS: readonly [RegExp, string][] = [
  // A part of one where a word begins, and a whole one also behind letters: those of an escape (%2F, \n) run into it.
  ...[
    "(?<![0-9A-Z])sk_(KIND)_([0-9A-Z]+)_[0-9A-Z]+",
    "sk_(KIND)_([0-9A-Z]{8,32})_[0-9A-Z]{16,}",
  ].map((form): [RegExp, string] => [
    new RegExp(form.replace("KIND", KIND), "gi"),
    `sk_$1_$2_${WITHHELD}`,
  ]),
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${WITHHELD}`],
  [/\bwhsec_[A-Za-z0-9+/=]+/g, WITHHELD],
  [/(?<![\w-])eyJ[\w-]{1,4096}\.[\w-]{1,8192}\.[\w-]*/g, WITHHELD],
  [/(?<!\w)(\w{1,32}:\/\/[^\s:/@]{1,256}):[^\s@]{1,512}@/g, `$1:${WITHHELD}@`],
  [
    /\b(SAML(?:Response|Request)|RelayState|password|(?:client_)?secret|client_assertion|cookie)(["']?\s*[=:]\s*["']?)[^\s"'&,}]+/gi,
    `$1$2${WITHHELD}`,
  ],
  [/-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g, WITHHELD],
];

/** No attribute is as long; what cannot be searched in time is not kept. */
const SEARCHED_MAX = 20_000;

/** Some part of each pattern above: what has none of them, which is nearly everything, is not searched further. */
const SUSPICIOUS =
  /sk_|bearer|basic\s|whsec_|eyJ|:\/\/|saml|relaystate|password|secret|cookie|-----/i;

/** Letters, digits and the marks of a token need no escape in an address, and mean the same with one (RFC 3986 §2.3). */
const NEEDLESS_ESCAPE = /%(?:25){0,8}(2d|3\d|[46][1-9a-f]|5[0-9af]|7[0-9a])/gi;

/** The text without what looks like a credential; also for what else is kept of a request. */
export function withoutCredentials(text: string): string {
  if (!text.includes("%")) return searched(text);
  const plain = text.replace(NEEDLESS_ESCAPE, (_escape, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
  const safe = searched(plain);
  return safe === plain ? searched(text) : safe;
}

function searched(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  if (text.length > SEARCHED_MAX) return WITHHELD;
  return CREDENTIALS.reduce((result, [pattern, by]) => result.replace(pattern, by), text);
}
