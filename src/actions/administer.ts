import type { PoolPatch } from "../domain/byHand.js";
import type { Catalogue } from "../domain/catalogue.js";
import type {
  ApiToken,
  Id,
  MappingRule,
  Organisation,
  Pool,
  PoolKind,
  RuleGives,
  RuleMatch,
} from "../domain/directory.js";
import type { PrincipalRef, Scope } from "../domain/administration/scope.js";
import type { Cause } from "../domain/history.js";
import { defaultPolicy } from "../domain/pools/policy.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";
import { unknownName } from "../suggest.js";
import { newToken } from "../token.js";
import { checkGives, checkPoolShape } from "./checkNames.js";
import { changedPolicy, type PolicyInput } from "./changedPolicy.js";
import { checkPlanned } from "./contract.js";
import { withHeir } from "./heir.js";
import { refuseIdleFields } from "./idleFields.js";
import { invalid, looksLikeId, taken } from "./invalid.js";
import { checkGroup } from "./ruleGroup.js";
import type { SamlReader } from "./samlReader.js";
import { setupChange } from "./setupChange.js";
import { DAY_MS } from "../domain/durations.js";

/**
 * What people set up: organisations, connections, tokens, pools and rules. The admin API and the command line both end
 * here, so that a mistake is refused with the same words whichever way it comes.
 */
export interface AdministerDeps {
  readonly store: Pick<
    Store,
    "administration" | "handOvers" | "trust" | "insights" | "clock" | "reclaims"
  >;
  readonly ids: Ids;
  readonly catalogue: Catalogue;
  /** The plugins that are loaded. */
  readonly pluginIds: readonly string[];
  readonly saml: SamlReader;
}

// ---------------------------------------------------------------------------------------------------------------
// Organisations

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export async function createOrganisation(
  deps: AdministerDeps,
  input: { readonly slug: string; readonly name: string },
  cause?: Cause,
): Promise<Organisation> {
  const { administration, clock } = deps.store;
  if (!SLUG.test(input.slug) || looksLikeId(input.slug)) {
    throw invalid(
      "slug",
      "A slug is lower-case letters, digits and hyphens, at most 63, and not like an id.",
    );
  }
  if ((await administration.findOrganisation(input.slug)) !== null) {
    throw taken("slug", `There already is an organisation "${input.slug}".`);
  }
  const organisation = { id: deps.ids.next(), ...input, createdAt: clock.now() };
  const { slug, name } = input;
  await administration.createOrganisation(organisation, setupChange(deps, cause, { slug, name }));
  return organisation;
}

/** By id or slug: for commands, whose user may know which organisations there are. @throws SeatkeeperError NotFound */
export async function organisationNamed(
  deps: AdministerDeps,
  idOrSlug: string,
): Promise<Organisation> {
  const { administration } = deps.store;
  const organisation = await administration.findOrganisation(idOrSlug);
  if (organisation !== null) return organisation;
  const slugs = (await administration.listOrganisations()).map(({ slug }) => slug);
  throw new SeatkeeperError("NotFound", { sentence: unknownName("organisation", idOrSlug, slugs) });
}

// ---------------------------------------------------------------------------------------------------------------
// Tokens

export interface TokenInput {
  readonly kind: ApiToken["kind"];
  /** Null: an operator's token, for all organisations. */
  readonly organisationId: Id | null;
  /** The connection of a SCIM token. */
  readonly connectionId: Id | null;
  readonly label: string;
  readonly expiresInDays?: number | undefined;
  /** Of an API token: whose it is; absent: the organisation's own. */
  readonly principal?: PrincipalRef | undefined;
  /** Of an API token: no more than these; absent: all that its principal may. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** The answer holds the token itself: the only time that anybody sees it. */
export async function issueToken(
  deps: AdministerDeps,
  input: TokenInput,
  cause?: Cause,
): Promise<{ readonly token: string; readonly record: ApiToken }> {
  const { kind, organisationId, connectionId, label, expiresInDays, principal, scopes } = input;
  const now = deps.store.clock.now();
  const { token, publicId, hash } = newToken(kind, deps.ids);
  const record: ApiToken = {
    publicId,
    kind,
    organisationId,
    connectionId,
    hash,
    label,
    createdAt: now,
    expiresAt: expiresInDays === undefined ? null : now + expiresInDays * DAY_MS,
    lastUsedAt: null,
    revokedAt: null,
    ...(principal === undefined ? {} : { principal }),
    ...(scopes === undefined ? {} : { scopes }),
  };
  const details = { publicId, label, connectionId, principalId: principal?.id ?? null };
  await deps.store.administration.createToken(record, setupChange(deps, cause, details));
  return { token, record };
}

/** @throws SeatkeeperError LastOwner; NotFound, also for a token of another organisation or connection, and for a revoked one */
export async function revokeToken(
  deps: AdministerDeps,
  where: Pick<TokenInput, "organisationId" | "connectionId">,
  publicId: string,
  cause?: Cause,
): Promise<void> {
  const { administration, clock } = deps.store;
  const token = await administration.findToken(publicId);
  const found =
    token?.organisationId === where.organisationId && token.connectionId === where.connectionId;
  const change = setupChange(deps, cause, { publicId, connectionId: where.connectionId });
  const at = clock.now();
  if (!found || !(await administration.revokeToken(where.organisationId, publicId, at, change))) {
    throw new SeatkeeperError("NotFound");
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Pools and rules

export interface PoolInput {
  readonly name: string;
  readonly product: string;
  readonly tiers: readonly string[];
  readonly kind: PoolKind;
  readonly capacity: number;
  readonly priority?: number | undefined;
  readonly policy?: PolicyInput | undefined;
}

export async function createPool(
  deps: AdministerDeps,
  organisationId: Id,
  input: PoolInput,
  cause?: Cause,
): Promise<Pool> {
  const { administration, clock } = deps.store;
  if (looksLikeId(input.name)) throw invalid("name", "A name must not look like an id.");
  if ((await administration.findPool(organisationId, input.name)) !== null) {
    throw taken("name", `There already is a pool "${input.name}".`);
  }
  const policy = await withHeir(deps.store, organisationId, input.policy ?? {});
  const pool: Pool = {
    id: deps.ids.next(),
    organisationId,
    name: input.name,
    product: input.product,
    tiers: input.tiers,
    kind: input.kind,
    capacity: input.capacity,
    used: 0,
    priority: input.priority ?? 0,
    policy: changedPolicy(input.kind, policy, defaultPolicy(input.kind)),
    version: 1,
    createdAt: clock.now(),
  };
  checkPoolShape(deps.catalogue, pool);
  refuseIdleFields(pool.kind, defaultPolicy(pool.kind), pool.policy);
  await administration.createPool(pool, cause);
  // Whoever found no pool before may have a seat now.
  await administration.markAllStale(organisationId);
  return pool;
}

export interface PoolPatchInput {
  readonly capacity?: number | undefined;
  readonly tiers?: readonly string[] | undefined;
  readonly priority?: number | undefined;
  readonly policy?: PolicyInput | undefined;
}

/**
 * What is to change, checked against the catalogue together with what stays. A capacity sent as it was read is left out: it
 * must not undo what somebody else changes meanwhile. @throws SeatkeeperError InvalidValue
 */
export async function poolPatch(
  { store, catalogue }: Pick<AdministerDeps, "store" | "catalogue">,
  pool: Pool,
  { capacity, tiers, priority, policy: given }: PoolPatchInput,
): Promise<PoolPatch> {
  const policy =
    given === undefined
      ? undefined
      : await withHeir(store, pool.organisationId, given, pool.policy);
  const patch = {
    ...(capacity === undefined || capacity === pool.capacity ? {} : { capacity }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(priority === undefined ? {} : { priority }),
    ...(policy === undefined ? {} : { policy: changedPolicy(pool.kind, policy, pool.policy) }),
  };
  checkPoolShape(catalogue, { ...pool, ...patch });
  await checkPlanned(store, pool, { ...pool, ...patch });
  refuseIdleFields(pool.kind, pool.policy, patch.policy ?? pool.policy);
  return patch;
}

export interface RuleInput {
  readonly name: string;
  readonly connectionId?: Id | null | undefined;
  readonly match: RuleMatch;
  readonly gives: RuleGives;
}

/** A new rule without `id`, else the replacement of that one. */
export async function saveRule(
  deps: AdministerDeps,
  organisationId: Id,
  input: RuleInput,
  { id, cause }: { readonly id?: Id; readonly cause?: Cause } = {},
): Promise<MappingRule> {
  const rule = await checkedRule(deps, organisationId, input, id);
  const change = setupChange(deps, cause, { ruleId: rule.id, name: rule.name });
  await deps.store.administration.saveRule(rule, change);
  return rule;
}

/** As `saveRule` would save it. @throws SeatkeeperError NotFound, Uniqueness, InvalidValue */
export async function checkedRule(
  deps: AdministerDeps,
  organisationId: Id,
  input: RuleInput,
  id?: Id,
): Promise<MappingRule> {
  const { administration, clock } = deps.store;
  const rules = await administration.listRules(organisationId);
  const before = rules.find((rule) => rule.id === id);
  if (id !== undefined && before === undefined) throw new SeatkeeperError("NotFound");
  // Of two that have had one name from of old each can still be changed.
  if (before?.name !== input.name && rules.some(({ name }) => name === input.name)) {
    throw taken("name", `There already is a rule "${input.name}".`);
  }
  if (input.connectionId != null) await checkConnection(deps, organisationId, input.connectionId);
  await checkGroup(deps, organisationId, input.match, before?.match);
  const pools = await administration.listPools(organisationId);
  checkGives(deps.catalogue, pools, input.gives);
  const { name, match, gives, connectionId = null } = input;
  const origin = before ?? { id: deps.ids.next(), createdAt: clock.now() };
  return {
    id: origin.id,
    organisationId,
    ...{ name, connectionId, match, gives },
    createdAt: origin.createdAt,
  };
}

/** @throws SeatkeeperError NotFound */
export async function deleteRule(
  deps: AdministerDeps,
  organisationId: Id,
  id: Id,
  cause?: Cause,
): Promise<void> {
  const change = setupChange(deps, cause, { ruleId: id });
  if (!(await deps.store.administration.deleteRule(organisationId, id, change))) {
    throw new SeatkeeperError("NotFound");
  }
}

async function checkConnection(
  deps: AdministerDeps,
  organisationId: Id,
  connectionId: Id,
): Promise<void> {
  const connections = await deps.store.administration.listConnections(organisationId);
  if (!connections.some(({ id }) => id === connectionId)) {
    throw invalid("connectionId", "There is no such connection in this organisation.");
  }
}
