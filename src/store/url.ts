import { readFileSync } from "node:fs";
import { SeatkeeperError } from "../errors.js";

export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Passed to the driver: TLS, socket. */
  readonly driverOptions: object;
}

export type DatabaseAddress =
  | { readonly type: "sqlite"; readonly path: string }
  | { readonly type: "mysql"; readonly mysql: MysqlAddress };

const FORMS =
  "sqlite:<path>, sqlite::memory:, mysql://user:password@host/database or mariadb://user:password@host/database";

/** @throws SeatkeeperError InvalidConfiguration. The address holds a password, so no message repeats it. */
export function readDatabaseUrl(url: string): DatabaseAddress {
  if (url.startsWith("sqlite:")) {
    const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") {
      throw invalid("it names no file");
    }
    return { type: "sqlite", path };
  }
  if (!/^(mysql|mariadb):\/\//.test(url) || !URL.canParse(url)) {
    throw invalid("it has an unknown form");
  }
  return { type: "mysql", mysql: readMysql(new URL(url)) };
}

function readMysql(url: URL): MysqlAddress {
  const database = decodeURIComponent(url.pathname.slice(1));
  if (url.hostname === "" || database === "") {
    throw invalid("host or database name is missing");
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    driverOptions: readDriverOptions(url.searchParams),
  };
}

function readDriverOptions(parameters: URLSearchParams): object {
  const known = new Set(["ssl", "sslCa", "socketPath"]);
  const unknown = [...parameters.keys()].find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw invalid(`parameter "${unknown}" is unknown; known are ssl, sslCa and socketPath`);
  }
  const authority = parameters.get("sslCa");
  const encrypted = parameters.get("ssl") === "true" || authority !== null;
  const socketPath = parameters.get("socketPath");
  return {
    ...(encrypted
      ? {
          ssl: {
            rejectUnauthorized: true,
            ...(authority === null ? {} : { ca: readAuthority(authority) }),
          },
        }
      : {}),
    ...(socketPath === null ? {} : { socketPath }),
  };
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new SeatkeeperError("InvalidConfiguration", {
      sentence: "The certificate file of the database connection cannot be read.",
      field: "database.url",
      cause,
    });
  }
}

function invalid(reason: string): SeatkeeperError {
  return new SeatkeeperError("InvalidConfiguration", {
    sentence: `The database address cannot be used: ${reason}. Known forms: ${FORMS}.`,
    field: "database.url",
  });
}
