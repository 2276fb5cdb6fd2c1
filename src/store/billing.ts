import { SeatkeeperError } from "../errors.js";
import type { Billing, StoredSettings } from "../ports/billing.js";
import type { UsedDay } from "../domain/billing/invoice.js";
import type { ModeChange } from "../domain/billing/tenure.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { replaceExisting } from "./dialect.js";
import { groupBy, readMemberships } from "./load/people.js";
import { checkId, checkText, documentText, LIMITS } from "./limits.js";
import { readSpans } from "./sessionSpans.js";
import { insertRows } from "./sql.js";

interface SettingsRow extends Omit<StoredSettings, "agreed"> {
  readonly settings: string;
}

const CHANGEABLE = ["settings", "version", "updatedAt", "updatedBy"] as const;
const MODE_COLUMNS = ["organisationId", "id", "userId", "product", "mode", "at", "actor"] as const;

export function createBilling(context: Context): Billing {
  return { ...agreed(context), ...modesOf(context), ...reads(context) };
}

function agreed({ reader, writer }: Context): Pick<Billing, "settings" | "saveSettings"> {
  return {
    settings: (organisationId) =>
      reader.read(async (sql) => {
        const [row] = await sql.all<SettingsRow>(
          "SELECT settings, version, updatedAt, updatedBy FROM billing_settings WHERE organisationId = ?",
          [organisationId],
        );
        return row === undefined ? null : settingsFromRow(row);
      }),

    saveSettings: (organisationId, stored, timeZone, change) =>
      writer.locked(organisationId, async (sql) => {
        const [before] = await sql.all<{ version: number }>(
          "SELECT version FROM billing_settings WHERE organisationId = ?",
          [organisationId],
        );
        if ((before?.version ?? 0) !== stored.version - 1) {
          throw new SeatkeeperError("VersionMismatch");
        }
        const { agreed, version, updatedAt, updatedBy } = stored;
        await insertRows(
          sql,
          "billing_settings",
          ["organisationId", ...CHANGEABLE],
          [[organisationId, documentText("settings", agreed), version, updatedAt, updatedBy]],
          replaceExisting(sql.dialect, ["organisationId"], CHANGEABLE),
        );
        await sql.run("UPDATE organisations SET timeZone = ? WHERE id = ?", [
          checkText("timeZone", timeZone, LIMITS.slug),
          organisationId,
        ]);
        await recordSetup(sql, organisationId, change);
      }),
  };
}

function modesOf({ reader, writer }: Context): Pick<Billing, "addMode" | "modes"> {
  return {
    addMode: (organisationId, mode, change) =>
      writer.locked(organisationId, async (sql) => {
        await insertRows(sql, "billing_modes", MODE_COLUMNS, [
          [
            organisationId,
            checkId(mode.id),
            mode.userId,
            checkText("product", mode.product, LIMITS.word),
            mode.mode,
            mode.at,
            checkText("actor", mode.actor, LIMITS.label),
          ],
        ]);
        await recordSetup(sql, organisationId, change);
      }),

    modes: (organisationId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<ModeChange>(
          "SELECT id, userId, product, mode, at, actor FROM billing_modes WHERE organisationId = ? ORDER BY id",
          [organisationId],
        );
        return rows.map(({ id, userId, product, mode, at, actor }) => ({
          ...{ id, userId, product, mode, at, actor },
        }));
      }),
  };
}

function reads({ reader }: Context): Pick<Billing, "usedDays" | "groupNames" | "sessions"> {
  return {
    usedDays: (organisationId, from, to) =>
      reader.read(async (sql) => {
        const rows = await sql.all<UsedDay>(
          "SELECT userId, product, day FROM use_days WHERE organisationId = ? AND day >= ? AND day < ? ORDER BY day, product, userId",
          [organisationId, from, to],
        );
        return rows.map(({ userId, product, day }) => ({ userId, product, day }));
      }),

    groupNames: (organisationId, userIds) =>
      reader.read(async (sql) =>
        groupBy(
          await readMemberships(sql, organisationId, userIds),
          ({ userId }) => userId,
          ({ groupName }) => groupName,
        ),
      ),

    sessions: (organisationId, from, to) =>
      reader.read((sql) => readSpans(sql, organisationId, from, to)),
  };
}

function settingsFromRow({ settings, version, updatedAt, updatedBy }: SettingsRow): StoredSettings {
  const agreed = JSON.parse(settings) as StoredSettings["agreed"];
  return { agreed, version, updatedAt, updatedBy };
}
