import type { SignInReport } from "../domain/signIn/signInReport.js";
import type { BegunSignInTest, SignInTest, SignInTests } from "../ports/signInTests.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { checkId, checkText, documentText, isStorableId, LIMITS } from "./limits.js";
import { insertRows } from "./sql.js";

const CREATED = [
  ...["organisationId", "id", "connectionId", "secretHash", "createdBy", "createdAt", "expiresAt"],
];
const SHOWN = [
  ...["organisationId", "id", "connectionId", "createdBy", "createdAt", "expiresAt"],
  ...["startedAt", "finishedAt", "report"],
];

interface TestRow extends Omit<SignInTest, "report"> {
  readonly report: string | null;
}

export function createSignInTests({ reader, writer }: Context): SignInTests {
  return {
    create: (test, change) =>
      writer.locked(test.organisationId, async (sql) => {
        await insertRows(sql, "sign_in_tests", CREATED, [
          [
            test.organisationId,
            checkId(test.id),
            test.connectionId,
            checkText("secretHash", test.secretHash, LIMITS.word),
            checkText("createdBy", test.createdBy, LIMITS.name),
            test.createdAt,
            test.expiresAt,
          ],
        ]);
        await recordSetup(sql, test.organisationId, change);
      }),

    begin: async ({ connectionId, secretHash }, { requestId, relayState, browserHash }, now) =>
      (await writer.change((sql) =>
        sql.run(
          "UPDATE sign_in_tests SET requestId = ?, relayState = ?, browserHash = ?, startedAt = ? WHERE connectionId = ? AND secretHash = ? AND startedAt IS NULL AND expiresAt > ?",
          [requestId, relayState, browserHash, now, connectionId, secretHash, now],
        ),
      )) === 1,

    findBegun: ({ connectionId, relayState, browserHash }, now) =>
      reader.read(async (sql) => {
        const [row] = await sql.all<BegunSignInTest>(
          "SELECT organisationId, id, requestId, startedAt FROM sign_in_tests WHERE connectionId = ? AND relayState = ? AND browserHash = ? AND finishedAt IS NULL AND expiresAt > ?",
          [connectionId, relayState, browserHash, now],
        );
        return row ?? null;
      }),

    finish: async ({ organisationId, id }, report, now) =>
      (await writer.change((sql) =>
        sql.run(
          "UPDATE sign_in_tests SET report = ?, finishedAt = ? WHERE organisationId = ? AND id = ? AND finishedAt IS NULL",
          [documentText("report", report), now, organisationId, id],
        ),
      )) === 1,

    find: ({ organisationId, connectionId, id }, now) =>
      reader.read(async (sql) => {
        if (!isStorableId(id)) return null;
        const [row] = await sql.all<TestRow>(
          `SELECT ${SHOWN.join(", ")} FROM sign_in_tests WHERE organisationId = ? AND id = ? AND connectionId = ? AND expiresAt > ?`,
          [organisationId, id, connectionId, now],
        );
        return row === undefined ? null : testFromRow(row);
      }),
  };
}

function testFromRow({ report, ...row }: TestRow): SignInTest {
  return { ...row, report: report === null ? null : (JSON.parse(report) as SignInReport) };
}
