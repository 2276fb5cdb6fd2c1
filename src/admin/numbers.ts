import { z } from "zod";

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/**
 * A number of an address, written as people write numbers: an empty text is none, and neither are "0x10" and "1e3", all of
 * which JavaScript would read as numbers.
 */
export function inAddress(schema: z.ZodNumber) {
  return z.preprocess((value) => {
    if (typeof value !== "string") return value;
    return NUMBER.test(value) ? Number(value) : NaN;
  }, schema);
}
