import { scim } from "@better-auth/scim";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { createServer } from "node:http";
import { createPool } from "mysql2/promise";

/**
 * better-auth with its SCIM plugin, its own migrations and one connection with a static bearer token.
 *
 * Environment: PORT, TOKEN, DATABASE_URL (an empty database). Prints one JSON line when it is ready.
 */
const { PORT = "0", TOKEN = "", DATABASE_URL = "" } = process.env;
const options = {
  baseURL: "http://127.0.0.1",
  secret: TOKEN,
  database: createPool({ uri: DATABASE_URL, timezone: "Z", connectionLimit: 10 }),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    scim({
      connections: [{ id: "bench", credentials: [{ type: "bearer", id: "bench", token: TOKEN }] }],
    }),
  ],
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const server = createServer(toNodeHandler(betterAuth(options)));
server.listen(Number(PORT), "127.0.0.1", () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}/api/auth/scim/v2`;
  console.log(JSON.stringify({ baseUrl, token: TOKEN }));
});
