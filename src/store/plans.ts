import type { PlanReport } from "../domain/plans/report.js";
import type { Plan, PlannedChange, Plans } from "../ports/plans.js";
import type { Context } from "./context.js";
import { SeatkeeperError } from "../errors.js";
import { checkId, checkText, documentText, isStorableId, LIMITS } from "./limits.js";
import { insertRows } from "./sql.js";

interface PlanRow extends Omit<Plan, "change" | "report"> {
  readonly planned: string;
  readonly report: string;
  readonly people: string;
}

const COLUMNS = [
  ...(["organisationId", "id", "planned", "report", "people", "baseVersion"] as const),
  ...(["createdAt", "createdBy", "expiresAt", "appliedAt", "appliedBy"] as const),
];
const WITHOUT_PEOPLE = COLUMNS.map((column) => (column === "people" ? "'[]' AS people" : column));

export function createPlans({ reader, writer }: Context): Plans {
  return {
    add: (plan) =>
      writer.locked(plan.organisationId, (sql) => insertRows(sql, "plans", COLUMNS, [rowOf(plan)])),

    find: (organisationId, id) =>
      reader.read(async (sql) => {
        if (!isStorableId(id)) return null;
        const [row] = await sql.all<PlanRow>(
          `SELECT ${COLUMNS.join(", ")} FROM plans WHERE organisationId = ? AND id = ?`,
          [organisationId, id],
        );
        return row === undefined ? null : planFromRow(row);
      }),

    list: (organisationId, { before, limit }) =>
      reader.read(async (sql) => {
        const rows = await sql.all<PlanRow>(
          `SELECT ${WITHOUT_PEOPLE.join(", ")} FROM plans WHERE organisationId = ?${before === undefined ? "" : " AND id < ?"} ORDER BY id DESC LIMIT ?`,
          [organisationId, ...(before === undefined ? [] : [before]), limit],
        );
        return rows.map(planFromRow);
      }),

    discard: (organisationId, id) =>
      writer.locked(organisationId, async (sql) => {
        if (!isStorableId(id)) return false;
        const values = [organisationId, id];
        return (await sql.run("DELETE FROM plans WHERE organisationId = ? AND id = ?", values)) > 0;
      }),

    deleteExpired: (before, limit) =>
      writer.change(async (sql) => {
        const due = await sql.all<{ organisationId: string; id: string }>(
          "SELECT organisationId, id FROM plans WHERE expiresAt < ? LIMIT ?",
          [before, limit],
        );
        for (const { organisationId, id } of due) {
          await sql.run("DELETE FROM plans WHERE organisationId = ? AND id = ?", [
            organisationId,
            id,
          ]);
        }
        return due.length;
      }),
  };
}

/** Some thousands of people; a statement stays below the smallest usual max_allowed_packet (4 MiB). */
const PEOPLE_CHARACTERS_MAX = 3_000_000;

function peopleText(people: PlanReport["people"]): string {
  const text = JSON.stringify(people);
  if (text.length > PEOPLE_CHARACTERS_MAX) {
    throw new SeatkeeperError("TooMany", {
      sentence: `The plan changes something for ${people.length} people, which is more than a plan can hold. Make the change in smaller steps.`,
    });
  }
  return text;
}

/** The people apart from the rest, so that a list of plans need not read them. */
function rowOf({ change, report, ...plan }: Plan) {
  const { people, ...rest } = report;
  return [
    plan.organisationId,
    checkId(plan.id),
    documentText("change", change),
    documentText("report", rest),
    peopleText(people),
    plan.baseVersion,
    plan.createdAt,
    checkText("createdBy", plan.createdBy, LIMITS.name),
    plan.expiresAt,
    plan.appliedAt,
    plan.appliedBy,
  ];
}

function planFromRow({ planned, report, people, ...row }: PlanRow): Plan {
  return {
    ...row,
    change: JSON.parse(planned) as PlannedChange,
    report: {
      ...(JSON.parse(report) as Omit<PlanReport, "people">),
      people: JSON.parse(people) as PlanReport["people"],
    },
  };
}
