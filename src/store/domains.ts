import type { Domains, MailDomain } from "../ports/domains.js";
import { SeatkeeperError } from "../errors.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { checkId, checkText, isStorableId, LIMITS } from "./limits.js";
import { insertRows, placeholders } from "./sql.js";
import type { Sql } from "./sql.js";

const CHANGEABLE = [
  ...(["connectionId", "verifiedAt", "checkedAt", "missingSince", "nextCheckAt"] as const),
] as const;
const FIXED = ["organisationId", "id", "domain", "proof", "createdAt"] as const;
const SELECT = [...FIXED, ...CHANGEABLE].join(", ");

export function createDomains({ reader, writer }: Pick<Context, "reader" | "writer">): Domains {
  return {
    add: (domain, change) =>
      writer.locked(domain.organisationId, async (sql) => {
        const columns = [...FIXED, ...CHANGEABLE, "verifiedDomain"];
        await insertRows(sql, "mail_domains", columns, [
          [
            domain.organisationId,
            checkId(domain.id),
            checkText("domain", domain.domain, LIMITS.name),
            checkText("proof", domain.proof, LIMITS.word),
            domain.createdAt,
            ...changeable(domain),
          ],
        ]);
        await recordSetup(sql, domain.organisationId, change);
      }),
    list: (organisationId) =>
      reader.read((sql) =>
        sql.all<MailDomain>(
          `SELECT ${SELECT} FROM mail_domains WHERE organisationId = ? ORDER BY domain`,
          [organisationId],
        ),
      ),
    find: (organisationId, idOrDomain) =>
      reader.read(async (sql) => {
        const [row] = await sql.all<MailDomain>(
          `SELECT ${SELECT} FROM mail_domains WHERE organisationId = ? AND (id = ? OR domain = ?)`,
          [organisationId, isStorableId(idOrDomain) ? idOrDomain : "", idOrDomain],
        );
        return row ?? null;
      }),
    update: (domain, change) =>
      writer.locked(domain.organisationId, async (sql) => {
        const sets = [...CHANGEABLE, "verifiedDomain"].map((column) => `${column} = ?`);
        const affected = await sql.run(
          `UPDATE mail_domains SET ${sets.join(", ")} WHERE organisationId = ? AND id = ?`,
          [...changeable(domain), domain.organisationId, domain.id],
        );
        if (affected === 0) throw new SeatkeeperError("NotFound");
        await recordSetup(sql, domain.organisationId, change);
      }),
    remove: (organisationId, id, change) =>
      writer.locked(organisationId, async (sql) => {
        if (!isStorableId(id)) return false;
        const affected = await sql.run(
          "DELETE FROM mail_domains WHERE organisationId = ? AND id = ?",
          [organisationId, id],
        );
        if (affected > 0) await recordSetup(sql, organisationId, change);
        return affected > 0;
      }),
    findVerified: (domain) => reader.read((sql) => findVerified(sql, domain)),
    isVerified: async (organisationId, domain) => {
      const found = await reader.read((sql) => findVerified(sql, domain));
      return found?.organisationId === organisationId;
    },
    takeDue: (now, limit, putOffUntil) =>
      writer.change(async (sql) => {
        const due = await sql.all<MailDomain>(
          `SELECT ${SELECT} FROM mail_domains WHERE nextCheckAt <= ? ORDER BY nextCheckAt LIMIT ?`,
          [now, limit],
        );
        if (due.length === 0) return [];
        const ids = due.map(({ id }) => id);
        await sql.run(
          `UPDATE mail_domains SET nextCheckAt = ? WHERE id IN (${placeholders(ids.length)})`,
          [putOffUntil, ...ids],
        );
        return due;
      }),
  };
}

/** In the order of CHANGEABLE, and what makes a verified domain unique. */
function changeable(domain: MailDomain) {
  const { connectionId, verifiedAt, checkedAt, missingSince, nextCheckAt } = domain;
  return [
    ...[connectionId, verifiedAt, checkedAt, missingSince, nextCheckAt],
    verifiedAt === null ? null : domain.domain,
  ];
}

async function findVerified(sql: Sql, domain: string): Promise<MailDomain | null> {
  const [row] = await sql.all<MailDomain>(
    `SELECT ${SELECT} FROM mail_domains WHERE verifiedDomain = ?`,
    [domain],
  );
  return row ?? null;
}
