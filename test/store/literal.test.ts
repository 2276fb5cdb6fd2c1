import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Database } from "../../src/store/database.js";
import { literal } from "../../src/store/literal.js";
import { openMysql } from "../../src/store/mysql.js";
import type { SqlValue } from "../../src/store/sql.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";

/** Values become part of a statement's text (random ones from a seed that is printed with every failure). */

const NASTY = [
  "'",
  "''",
  "\\",
  "\\'",
  "'\\",
  "\0",
  "\n\r\t\b\x1a",
  '"',
  "`",
  "?",
  ";",
  "-- ",
  "/*",
  "%_",
  "’",
  "ʼ",
  "＇",
  "縗'",
  "\u0000\\'",
];
const text = fc.array(
  fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 8 })),
  { maxLength: 6 },
);

describe("a value in the text of a statement", () => {
  it("is refused where no literal can express it", () => {
    for (const number of [NaN, Infinity, -Infinity]) {
      expect(() => literal(number)).toThrow(TypeError);
    }
  });

  it("ends where it ends: no quote stands in it that is not escaped", () => {
    fc.assert(
      fc.property(text, (parts) => {
        const value = parts.join("");
        expect(literal(value)).toMatch(/^'(?:[^'\\]|\\['\\])*'$/);
        expect(literal(value).slice(1, -1).replace(/\\(.)/gs, "$1")).toBe(value);
      }),
    );
  });
});

describeMySql("a value in the text of a statement to MariaDB", () => {
  let database: Database;

  beforeAll(async () => {
    const address = readDatabaseUrl(await freshDatabase("literal"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    database = await openMysql(address.mysql, 1);
  });

  afterAll(() => database.close());

  it("arrives as it was, whatever is in it", async () => {
    const value = fc.oneof(
      text.map((parts) => parts.join("").toWellFormed()),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.constant(null),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 40 }), async (values) => {
        const columns = values.map((_, index) => `? AS v${String(index)}`).join(", ");
        const [row] = await database.read((sql) =>
          sql.all<Record<string, SqlValue>>(`SELECT ${columns}`, values),
        );
        expect(Object.values(row!)).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });
});
