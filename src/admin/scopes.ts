import type { Authority } from "../domain/administration/delegation.js";
import type { Scope } from "../domain/administration/scope.js";
import { SeatkeeperError } from "../errors.js";

/**
 * What each address of the admin API needs: the one table. An address that is not in it does not start; docs/delegation.md
 * shows it by scope.
 */

/** any: a good token. operator: one that is no organisation's. */
export type Need = "any" | "operator" | Scope | InTeams;

/** Also open to who is limited to teams: the handler sees to it that nobody else is reached. */
interface InTeams {
  readonly scope: Scope;
  /** Does as well: what the application says for somebody, an administrator may do by hand. */
  readonly orScope?: Scope;
  readonly inTeams: true;
}

function inTeams(scope: Scope, orScope?: Scope): InTeams {
  return { scope, inTeams: true, ...(orScope === undefined ? {} : { orScope }) };
}

const ORG = "/organisations/:org";
const CONNECTION = `${ORG}/connections/:connection`;
const CLIENT = `${CONNECTION}/clients/:client`;
const RESOURCE = `${ORG}/resources/:kind/:id`;
const PURCHASE = `${ORG}/purchases/:purchase`;

export const NEEDS: Readonly<Record<string, Need>> = {
  "GET /catalogue": "any",
  "GET /whoami": "any",
  "GET /organisations": "any",
  "POST /organisations": "operator",
  [`GET ${ORG}`]: "any",

  [`GET ${ORG}/pools`]: inTeams("licence.read"),
  [`GET ${ORG}/pools/:pool`]: inTeams("licence.read"),
  [`GET ${ORG}/pools/:pool/seats`]: "licence.read",
  [`GET ${ORG}/users`]: inTeams("licence.read"),
  [`GET ${ORG}/users/:user`]: inTeams("licence.read"),
  [`POST ${ORG}/users/:user/preview`]: inTeams("licence.read"),
  [`POST ${ORG}/preview`]: "licence.read",
  [`GET ${ORG}/groups`]: "licence.read",
  [`GET ${ORG}/rules`]: "licence.read",
  [`GET ${ORG}/entries`]: "licence.read",
  [`GET ${ORG}/ledger`]: "licence.read",
  [`GET ${ORG}/ledger/head`]: "licence.read",
  [`GET ${ORG}/seats`]: "licence.read",
  [`GET ${ORG}/waiting`]: "licence.read",
  [`GET ${ORG}/progress`]: "licence.read",
  [`GET ${ORG}/advice`]: "licence.read",

  [`GET ${ORG}/brake`]: "licence.read",
  [`GET ${ORG}/plans`]: "licence.read",
  [`GET ${ORG}/plans/:plan`]: "licence.read",
  [`GET ${ORG}/reclaims`]: "licence.read",
  [`GET ${ORG}/reclaims/exemptions`]: "licence.read",
  [`GET ${ORG}/pools/:pool/contractions`]: "licence.read",
  [`GET ${ORG}/warnings`]: "licence.read",
  [`GET ${ORG}/break-glass`]: "licence.read",

  [`POST ${ORG}/users/:user/facts`]: inTeams("licence.assign"),
  [`DELETE ${ORG}/users/:user/facts`]: inTeams("licence.assign"),
  [`GET ${ORG}/invitations`]: inTeams("licence.assign"),
  [`POST ${ORG}/invitations`]: inTeams("licence.assign"),
  [`DELETE ${ORG}/invitations/:invitation`]: inTeams("licence.assign"),

  [`POST ${ORG}/reclaims/exemptions`]: "licence.assign",
  [`DELETE ${ORG}/reclaims/exemptions/:exemption`]: "licence.assign",

  // What was bought is the operator's to change; see the handler.
  [`PATCH ${ORG}/pools/:pool`]: "licence.policy",
  [`POST ${ORG}/rules`]: "licence.policy",
  [`PUT ${ORG}/rules/:rule`]: "licence.policy",
  [`DELETE ${ORG}/rules/:rule`]: "licence.policy",
  [`PUT ${ORG}/users/:user/billing-mode`]: "licence.policy",

  // Whoever may set an exclusion aside could as well change the rule that makes it (docs/adr/0044-break-glass.md).
  [`POST ${ORG}/users/:user/break-glass`]: "licence.policy",
  [`DELETE ${ORG}/users/:user/break-glass`]: "licence.policy",

  [`PATCH ${ORG}/brake`]: "licence.policy",
  [`POST ${ORG}/brake/:loss/approve`]: "licence.policy",
  [`POST ${ORG}/brake/:loss/reject`]: "licence.policy",
  // A plan of requests needs connection.manage besides; see the handler.
  [`POST ${ORG}/plans`]: "licence.policy",
  [`DELETE ${ORG}/plans/:plan`]: "licence.policy",
  [`POST ${ORG}/plans/:plan/apply`]: "licence.policy",

  [`GET ${ORG}/billing`]: "licence.purchase",
  [`GET ${ORG}/invoices/preview`]: "licence.purchase",
  [`GET ${ORG}/purchases`]: "licence.purchase",
  [`POST ${ORG}/purchases`]: "licence.purchase",
  [`GET ${PURCHASE}`]: "licence.purchase",
  [`POST ${PURCHASE}/approve`]: "licence.purchase",
  [`POST ${PURCHASE}/withdraw`]: "licence.purchase",

  [`POST ${ORG}/pools`]: "operator",
  [`POST ${ORG}/pools/:pool/contractions`]: "operator",
  [`DELETE ${ORG}/pools/:pool/contractions/:contraction`]: "operator",
  [`PUT ${ORG}/billing`]: "operator",
  [`POST ${PURCHASE}/quote`]: "operator",
  [`POST ${PURCHASE}/in-force`]: "operator",
  [`POST ${PURCHASE}/decline`]: "operator",

  [`GET ${ORG}/connections`]: "connection.manage",
  [`POST ${ORG}/connections`]: "connection.manage",
  [`GET ${CONNECTION}`]: "connection.manage",
  [`PATCH ${CONNECTION}`]: "connection.manage",
  [`GET ${CONNECTION}/certificates`]: "connection.manage",
  [`POST ${CONNECTION}/metadata/refresh`]: "connection.manage",
  [`GET ${CONNECTION}/tokens`]: "connection.manage",
  [`POST ${CONNECTION}/tokens`]: "connection.manage",
  [`DELETE ${CONNECTION}/tokens/:token`]: "connection.manage",
  [`POST ${CONNECTION}/tokens/:token/rotate`]: "connection.manage",
  [`GET ${CONNECTION}/hand-overs`]: "connection.manage",
  [`POST ${CONNECTION}/hand-overs`]: "connection.manage",
  [`DELETE ${CONNECTION}/hand-overs`]: "connection.manage",
  [`GET ${CONNECTION}/clients`]: "connection.manage",
  [`POST ${CONNECTION}/clients`]: "connection.manage",
  [`DELETE ${CLIENT}`]: "connection.manage",
  [`POST ${CLIENT}/secrets`]: "connection.manage",
  [`DELETE ${CLIENT}/secrets/:secret`]: "connection.manage",
  [`PUT ${CONNECTION}/trust`]: "connection.manage",
  [`POST ${CONNECTION}/sign-in-tests`]: "connection.manage",
  [`DELETE ${CONNECTION}/identities`]: "connection.manage",
  [`GET ${CONNECTION}/sign-in-tests/:test`]: "connection.manage",
  [`GET ${CONNECTION}/log`]: "connection.manage",
  [`GET ${CONNECTION}/log/:record`]: "connection.manage",
  [`POST ${CONNECTION}/log/replay`]: "connection.manage",
  [`GET ${CONNECTION}/sign-ins`]: "connection.manage",
  [`GET ${CONNECTION}/sign-ins/:record`]: "connection.manage",
  [`GET ${CONNECTION}/sign-ins/:record/trace`]: "connection.manage",
  [`GET ${ORG}/domains`]: "connection.manage",
  [`POST ${ORG}/domains`]: "connection.manage",
  [`GET ${ORG}/domains/:domain`]: "connection.manage",
  [`PATCH ${ORG}/domains/:domain`]: "connection.manage",
  [`DELETE ${ORG}/domains/:domain`]: "connection.manage",
  [`POST ${ORG}/domains/:domain/verify`]: "connection.manage",
  [`GET ${CONNECTION}/trace`]: "connection.manage",
  [`PUT ${CONNECTION}/trace`]: "connection.manage",
  [`DELETE ${CONNECTION}/trace`]: "connection.manage",

  [`GET ${ORG}/principals`]: "access.manage",
  [`POST ${ORG}/principals`]: "access.manage",
  [`PATCH ${ORG}/principals/:principal`]: "access.manage",
  [`DELETE ${ORG}/principals/:principal`]: "access.manage",
  [`GET ${ORG}/tokens`]: "access.manage",
  [`POST ${ORG}/tokens`]: "access.manage",
  [`DELETE ${ORG}/tokens/:token`]: "access.manage",
  [`POST ${ORG}/tokens/:token/rotate`]: "access.manage",

  [`GET ${ORG}/sessions`]: "session.manage",
  [`DELETE ${ORG}/sessions/:session`]: "session.manage",
  [`POST ${ORG}/sessions/revoke`]: "session.manage",

  [`DELETE ${ORG}/users/:user`]: "person.erase",

  [`POST ${ORG}/seats/ask`]: "seat.use",
  [`POST ${ORG}/seats/acquire`]: "seat.use",
  [`POST ${ORG}/seats/renew`]: "seat.use",
  [`POST ${ORG}/seats/release`]: inTeams("licence.assign", "seat.use"),
  [`POST ${ORG}/reclaims/answer`]: "seat.use",
  [`POST ${ORG}/reclaims/undo`]: inTeams("licence.assign", "seat.use"),
  [`GET ${ORG}/resources`]: "seat.use",
  [`GET ${RESOURCE}`]: "seat.use",
  [`PUT ${RESOURCE}`]: "seat.use",
  [`DELETE ${RESOURCE}`]: "seat.use",
  [`POST ${RESOURCE}/enable`]: "seat.use",
  [`POST ${RESOURCE}/disable`]: "seat.use",
  [`POST ${ORG}/invitations/accept`]: "seat.use",
  [`POST ${ORG}/invitations/decline`]: "seat.use",
};

/** @throws TypeError for an address that is not in the table: a mistake of ours, found at the start */
export function needOf(address: string): Need {
  const need = NEEDS[address];
  if (need === undefined) throw new TypeError(`nobody has said what ${address} needs`);
  return need;
}

/** @throws SeatkeeperError Forbidden, MissingScope */
export function requireNeed(authority: Authority, need: Need): void {
  if (need === "any" || authority.isOperator) return;
  if (need === "operator") {
    throw new SeatkeeperError("Forbidden", { sentence: "Only an operator's token may do this." });
  }
  const enough = scopesFor(need);
  if (!enough.some((scope) => authority.scopes.has(scope))) throw missing(enough);
  if (typeof need === "string" && authority.teams !== null) {
    throw new SeatkeeperError("MissingScope", {
      sentence: `These credentials have the scope ${need} for single teams only.`,
    });
  }
}

/** Each of them is enough. */
export function scopesFor(need: Scope | InTeams): readonly Scope[] {
  if (typeof need === "string") return [need];
  return need.orScope === undefined ? [need.scope] : [need.scope, need.orScope];
}

function missing(enough: readonly Scope[]): SeatkeeperError {
  return new SeatkeeperError("MissingScope", {
    sentence: `These credentials do not have the scope ${enough.join(" or ")}. An owner of the organisation can give it.`,
  });
}
