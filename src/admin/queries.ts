import { z } from "zod";
import type { Catalogue } from "../domain/catalogue.js";
import { inAddress } from "./numbers.js";
import { pageQuery } from "./route.js";

/** Parameters of lists that take more than a page. */

export const entriesQuery = pageQuery.extend({
  after: inAddress(
    z
      .number("A position is expected.")
      .int("A position is expected.")
      .min(0, "A position is expected."),
  ).optional(),
  userId: z.string().min(1).max(64).optional(),
  newestFirst: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
});

export const usersQuery = pageQuery.extend({
  active: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
});

export function waitingQuery(catalogue: Catalogue) {
  const products = [...catalogue.products.keys()];
  return z.strictObject({
    product: z.enum(products),
    after: z.string().min(1).max(120).optional(),
    limit: pageQuery.shape.limit,
  });
}

/** One row more than is shown: see `page`. */
export function pageOf(
  after: string | undefined,
  limit: number,
): { after?: string; limit: number } {
  return { limit: limit + 1, ...(after === undefined ? {} : { after }) };
}
