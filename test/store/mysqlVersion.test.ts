import { describe, expect, it } from "@jest/globals";
import { MARIADB, MYSQL } from "../../src/store/dialect.js";
import { dialectOf } from "../../src/store/mysql.js";

describe("the version of the database server", () => {
  it.each(["10.6.0-MariaDB", "5.5.5-10.11.19-MariaDB-0+deb12u1", "11.0.2-MariaDB-log"])(
    "MariaDB %s will do",
    (version) => expect(dialectOf(version)).toBe(MARIADB),
  );

  it.each(["8.0.17", "8.0.36-0ubuntu0.22.04.1", "8.4.0", "9.1.0"])("MySQL %s will do", (version) =>
    expect(dialectOf(version)).toBe(MYSQL),
  );

  it.each(["10.5.29-MariaDB", "5.5.5-10.3.1-MariaDB", "8.0.16", "5.7.44-log", "", "unknown"])(
    'refuses "%s" and says which are needed',
    (version) => {
      expect(() => dialectOf(version)).toThrow(
        expect.objectContaining({
          code: "InvalidConfiguration",
          field: "database.url",
          message: expect.stringContaining("MariaDB 10.6 or MySQL 8.0.17"),
        }),
      );
    },
  );
});
