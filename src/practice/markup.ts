/** Characters that XML 1.0 cannot hold at all, not even escaped (XML 1.0 §2.2). */
// eslint-disable-next-line no-control-regex -- naming them is the point
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // A parser turns these into spaces in attributes and line ends in text; as references they survive.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Text for an XML or HTML document, safe in content and in quoted attributes alike. */
export function escapeMarkup(text: string): string {
  return text.replace(FORBIDDEN, "\uFFFD").replace(/[&<>"'\t\n\r]/g, (c) => ENTITIES[c] ?? c);
}

declare const markupBrand: unique symbol;
/** Markup that is safe to send: only `markup` makes it. */
export interface Markup {
  readonly text: string;
  readonly [markupBrand]: true;
}

export type MarkupValue = string | number | Markup | readonly Markup[];

/**
 * A template whose values are escaped unless they are markup themselves, so that nothing a person is called can
 * become an element or an attribute.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const text = parts.reduce((made, part, index) => made + render(values[index - 1]) + part);
  return { text } as Markup;
}

function render(value: MarkupValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string" || typeof value === "number") return escapeMarkup(String(value));
  return "text" in value ? value.text : value.map((one) => one.text).join("");
}
