import { z } from "zod";
import { checkProduct, checkTier, invalid } from "../actions/checkNames.js";
import type { GlassAsked } from "../domain/emergency/breakGlassByHand.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Fact } from "../domain/directory.js";
import { inRequirement, termsOf } from "../domain/entitlement/breakGlass.js";
import { glassSentence } from "../domain/answers/words.js";
import type { GlassPlace, GlassStanding } from "../ports/breakGlass.js";
import type { AdminDeps } from "./deps.js";
import { moment } from "./ledger.js";
import { time } from "./present.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";
import { userNamed, who } from "./who.js";

/** Seats for an emergency, although an exclusion says otherwise (docs/adr/0044-break-glass.md). */

export const BREAK_GLASS_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/break-glass": { GET: list },
  "/organisations/:org/users/:user/break-glass": { POST: give, DELETE: take },
};

const product = z.string("A text is expected.").min(1, "A text is expected.").max(128);

export const glassForm = z.strictObject({
  product,
  tier: z.string("A text is expected.").min(1, "A text is expected.").max(128).optional(),
  reason: z
    .string("A reason in words is expected.")
    .trim()
    .min(1, "A reason in words is expected.")
    .max(500, "The text is too long."),
  until: moment,
});

const endForm = z.strictObject({ product });

/** @throws SeatkeeperError InvalidValue with the nearest known name */
export function checkedGlass(
  catalogue: Catalogue,
  { tier, ...form }: z.output<typeof glassForm>,
): GlassAsked {
  checkProduct(catalogue, form.product);
  if (tier !== undefined) checkTier(catalogue, form.product, tier, "tier");
  return { ...form, tier: tier ?? null };
}

async function give(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, token, param, cause } = call;
  const asked = checkedGlass(deps.catalogue, call.body(glassForm));
  const user = await userNamed(deps, organisation.id, param("user"));
  const given = { asked, by: token.label };
  const { fact, change } = await deps.actions.giveBreakGlass(
    organisation.id,
    user.id,
    given,
    cause("breakGlass.given"),
  );
  const body = await givenNow(deps, organisation.id, fact);
  return { status: change === "given" ? 201 : 200, body: { ...body, change } };
}

/** With what has become of it: a break-glass claim buys no seat and settles no conflict. For the API and the command alike. */
export async function givenNow(deps: AdminDeps, organisationId: string, fact: Fact) {
  const { why } = await who(deps, organisationId, fact.userId);
  const sentence = why.find((one) => one.product === fact.name)?.sentence ?? null;
  return { ...presentTerms(fact), why: sentence };
}

async function take(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, cause } = call;
  const form = call.body(endForm);
  checkProduct(deps.catalogue, form.product);
  const user = await userNamed(deps, organisation.id, param("user"));
  await deps.actions.takeBreakGlass(
    organisation.id,
    user.id,
    form.product,
    cause("breakGlass.taken"),
  );
  return { status: 204 };
}

const listQuery = pageQuery.extend({ after: z.string().min(1).max(400).optional() });

async function list({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after, limit } = query(listQuery);
  const { insights, clock } = deps.store;
  const found = await insights.breakGlasses(organisation.id, clock.now(), {
    limit: limit + 1,
    ...(after === undefined ? {} : { after: placeOf(after) }),
  });
  const words = { ...deps, timeZone: organisation.timeZone };
  const cursorOf = ({ fact }: GlassStanding): string => `${fact.userId}/${fact.name}`;
  return { body: page(found, limit, cursorOf, (one) => presentGlass(words, one)) };
}

/** An id has no slash. */
function placeOf(after: string): GlassPlace {
  const at = after.indexOf("/");
  if (at < 1) throw invalid("after", "The `next` of the page before is expected.");
  return { userId: after.slice(0, at), product: after.slice(at + 1) };
}

export function presentGlass(
  {
    catalogue,
    timeZone = "UTC",
  }: { readonly catalogue: Catalogue; readonly timeZone?: string | undefined },
  { fact, userName, despite, groupNames }: GlassStanding,
) {
  const words = { catalogue, groupNames, ruleNames: new Map<string, string>(), timeZone };
  const sentence = glassSentence(inRequirement(fact, despite), words);
  return { ...presentTerms(fact), userName, despite, sentence };
}

function presentTerms({ userId, name, value, source, since }: Fact) {
  const { tier, reason, until } = termsOf(value);
  const by = source.type === "hand" ? source.by : null;
  return { userId, product: name, tier, reason, until: time(until), by, since: time(since) };
}
