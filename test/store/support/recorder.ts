import type { Database, Link } from "../../../src/store/database.js";
import type { SqlValue } from "../../../src/store/sql.js";

export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** The statements of a connection, and what was asked of it. */
export function recording(sql: Link, statements: Statement[]): Link {
  return {
    ...sql,
    all: (text, values = []) => {
      statements.push({ text, values });
      return sql.all(text, values);
    },
    run: (text, values = []) => {
      statements.push({ text, values });
      return sql.run(text, values);
    },
  };
}

/** A database all of whose connections are recorded. */
export function recordingDatabase(database: Database, statements: Statement[]): Database {
  return {
    ...database,
    read: (work) => database.read((sql) => work(recording(sql, statements))),
    quick: (work) =>
      database.quick((sql) =>
        work({
          ...sql,
          all: (text, values = []) => {
            statements.push({ text, values });
            return sql.all(text, values);
          },
        }),
      ),
    change: (work) => database.change((sql) => work(recording(sql, statements))),
    transaction: (work, keep) =>
      database.transaction((sql) => work(recording(sql, statements)), keep),
  };
}
