import type { SqlValue } from "../sql.js";

/** A piece of SQL with its values in the order of their `?`. */
export interface Fragment {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export const TRUE: Fragment = { text: "1 = 1", values: [] };
export const FALSE: Fragment = { text: "1 = 0", values: [] };

export function fragment(text: string, ...values: readonly SqlValue[]): Fragment {
  return { text, values };
}

export function joined(fragments: readonly Fragment[], word: "AND" | "OR"): Fragment {
  const [first] = fragments;
  if (first === undefined) {
    return word === "AND" ? TRUE : FALSE;
  }
  if (fragments.length === 1) {
    return first;
  }
  return {
    text: `(${fragments.map(({ text }) => text).join(` ${word} `)})`,
    values: fragments.flatMap(({ values }) => values),
  };
}

/** Puts fragments into a text: `{}` stands for each in turn. */
export function filled(text: string, ...fragments: readonly Fragment[]): Fragment {
  let index = 0;
  return {
    text: text.replace(/\{\}/g, () => fragments[index++]?.text ?? ""),
    values: fragments.flatMap(({ values }) => values),
  };
}
