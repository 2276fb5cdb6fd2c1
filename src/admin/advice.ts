import { z } from "zod";
import { advise, type AdviseInput } from "../actions/advise.js";
import { invoiceQuery, questionOf } from "./billing.js";
import { inAddress } from "./numbers.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** The mix advisor (docs/advisor.md). */

export const ADVICE_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/advice": { GET: giveAdvice },
};

const NUMBER_MAX = 1_000_000_000;
const number = inAddress(
  z
    .number("A whole number is expected.")
    .int("A whole number is expected.")
    .min(0, "A number of 0 or more is expected.")
    .max(NUMBER_MAX, "The number is too large."),
);

export const adviceQuery = invoiceQuery.pick({ from: true, to: true }).extend({
  product: z.string().min(1, "A product is expected."),
  refusals: number.default(0),
  named: number.optional(),
  concurrent: number.optional(),
  shared: number.optional(),
  seats: number.optional(),
});

/** @throws SeatkeeperError InvalidValue when only one end of the window is named */
export function adviceInput({ from, to, ...rest }: z.infer<typeof adviceQuery>): AdviseInput {
  return { ...rest, window: questionOf({ from, to, changes: "false" }).window };
}

async function giveAdvice({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  return { body: await advise(deps, organisation, adviceInput(query(adviceQuery))) };
}
