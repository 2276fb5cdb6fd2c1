import { z } from "zod";
import { checkedFact, checkFactName } from "../actions/checkNames.js";
import { connectionOf } from "../actions/administerConnections.js";
import { pricesOf } from "../actions/billing.js";
import type { Previews } from "../actions/preview.js";
import { inOneCurrency } from "../domain/billing/agreedPrices.js";
import type { BillingSettings } from "../domain/billing/settings.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Id, Pool } from "../domain/directory.js";
import type { Change, Newcomer, Preview } from "../domain/answers/preview.js";
import type { Vocabulary } from "../domain/answers/words.js";
import type { Store } from "../ports.js";
import { checkedGlass, glassForm } from "./breakGlass.js";
import { factForm, factRemovalForm } from "./forms.js";
import { userInReach } from "./reach.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";
import { presentExplanation } from "./tiers.js";
import { userNamed } from "./who.js";

/** "What would this cost, and would there be a seat?", before anything is saved. */

export const PREVIEW_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/users/:user/preview": { POST: previewUser },
  "/organisations/:org/preview": { POST: previewNewcomer },
};

const CHANGES_MAX = 100;

const changeFields = {
  give: z.array(factForm).max(CHANGES_MAX).default([]),
  take: z.array(factRemovalForm).max(CHANGES_MAX).default([]),
};

export const changeForm = z.strictObject({
  ...changeFields,
  breakGlass: glassForm.exactOptional(),
});

export const newcomerForm = z.strictObject({
  userName: z.string().trim().min(1, "A userName is expected.").max(1_000),
  displayName: z.string().max(1_000).nullable().default(null),
  connection: z.string().min(1).max(200).nullable().default(null),
  /** As in SCIM: "name", "emails", "department". Rules may look at them. */
  attributes: z.record(z.string().max(200), z.json()).default({}),
  groups: z.array(z.string().min(1).max(64)).max(200).default([]),
  give: changeFields.give,
});

export interface PreviewDeps {
  readonly store: Pick<Store, "insights" | "administration" | "clock" | "billing">;
  readonly catalogue: Catalogue;
  readonly actions: Previews;
}

async function previewUser(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, token, body } = call;
  const { id } = await userInReach(call);
  const change = { ...body(changeForm), by: token.label };
  return { body: await userPreview(deps, organisation.id, id, change) };
}

async function previewNewcomer({
  deps,
  organisation,
  token,
  body,
}: OrganisationCall): Promise<Reply> {
  const { give, connection, attributes, ...person } = body(newcomerForm);
  const connectionId =
    connection === null ? null : (await connectionOf(deps, organisation.id, connection)).id;
  const newcomer: Newcomer = {
    ...person,
    connectionId,
    document: { ...attributes, userName: person.userName },
  };
  const change = { give, take: [], by: token.label };
  return { body: await newcomerPreview(deps, organisation.id, newcomer, change) };
}

type ChangeInput = z.output<typeof changeForm> & Pick<Change, "by">;

/** For the API and the command alike. @throws SeatkeeperError NotFound, InvalidValue and what `Previews` throws */
export async function userPreview(
  deps: PreviewDeps,
  organisationId: Id,
  idOrUserName: string,
  input: ChangeInput,
) {
  const user = await userNamed(deps, organisationId, idOrUserName);
  const pools = await deps.store.administration.listPools(organisationId);
  const change = checkedChange(deps.catalogue, pools, input);
  const found = await deps.actions.previewChange(organisationId, user.id, change);
  const prices = await pricesOf(deps, organisationId);
  return {
    user: { id: user.id, userName: user.userName },
    ...presented(deps, { pools, prices, found, timeZone: await timeZoneOf(deps, organisationId) }),
  };
}

/** @throws as above */
export async function newcomerPreview(
  deps: PreviewDeps,
  organisationId: Id,
  newcomer: Newcomer,
  input: ChangeInput,
) {
  const pools = await deps.store.administration.listPools(organisationId);
  const change = checkedChange(deps.catalogue, pools, input);
  const found = await deps.actions.previewNewcomer(organisationId, newcomer, change);
  const prices = await pricesOf(deps, organisationId);
  return {
    user: { id: null, userName: newcomer.userName },
    ...presented(deps, { pools, prices, found, timeZone: await timeZoneOf(deps, organisationId) }),
  };
}

function checkedChange(
  catalogue: Catalogue,
  pools: readonly Pool[],
  { give, take, breakGlass, by }: ChangeInput,
): Change {
  const names = pools.map(({ name }) => name);
  for (const { kind, name } of take) checkFactName(catalogue, names, kind, name);
  const glass = breakGlass === undefined ? {} : { breakGlass: checkedGlass(catalogue, breakGlass) };
  return { give: give.map((fact) => checkedFact(catalogue, names, fact)), take, ...glass, by };
}

interface Previewed {
  readonly pools: readonly Pool[];
  readonly prices: BillingSettings;
  readonly found: Preview;
  readonly timeZone: string;
}

async function timeZoneOf({ store }: PreviewDeps, organisationId: Id): Promise<string> {
  return (await store.administration.findOrganisation(organisationId))?.timeZone ?? "UTC";
}

function presented(
  { catalogue }: PreviewDeps,
  { pools, prices, found: { groups, products }, timeZone }: Previewed,
) {
  const words: Vocabulary = {
    catalogue,
    groupNames: new Map(groups.map(({ groupId, groupName }) => [groupId, groupName])),
    ruleNames: new Map(),
    timeZone,
  };
  const oneCurrency = inOneCurrency(catalogue, prices, products);
  const shown = products.map(({ before, seat, ...explanation }) => ({
    ...presentExplanation(catalogue, oneCurrency, explanation, words),
    before,
    seat: { ...seat, pool: pools.find(({ id }) => id === seat.poolId)?.name ?? null },
  }));
  return {
    products: shown,
    currency: oneCurrency.currency,
    /** Of all products together. */
    pricePerMonth: shown.reduce((sum, { pricePerMonth }) => sum + pricePerMonth, 0),
  };
}
