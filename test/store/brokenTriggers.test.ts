import { afterEach, expect, it } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import mysql from "mysql2/promise";
import { createStore, systemIds } from "../../src/store/index.js";
import { findProgram, startServer } from "../support/mariadbServer.js";
import { describeWhen } from "../support/notRun.js";
import { draft, nodeOn } from "./galeraLoad.js";
import { quiet } from "./support/open.js";
import { createTenant } from "./support/tenant.js";

const CAUSE = { type: "scim", action: "test", actor: "idp", requestId: null } as const;
/** Those of docs/database.md. */
const GRANTED = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER";

/** MySQL keeps triggers in a dictionary of its own and has no such file. */
const describeMariaDb = describeWhen(
  findProgram(["mariadbd"]) !== null,
  "triggers that could not be read: mariadbd not found",
);

describeMariaDb("a table whose triggers the server could not read when it opened it", () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it("is opened again by the next write that finds it so, with no more privileges than the documentation names", async () => {
    const server = await startServer();
    closing.push(() => server.stop());
    const root = await mysql.createConnection(server.url);
    closing.push(() => root.end());
    for (const statement of [
      "CREATE DATABASE office CHARACTER SET utf8mb4",
      "CREATE USER keeper@'127.0.0.1' IDENTIFIED BY 'secret'",
      `GRANT ${GRANTED} ON office.* TO keeper@'127.0.0.1'`,
    ]) {
      await root.query(statement);
    }
    const { host } = new URL(server.url);
    const url = `mysql://keeper:secret@${host}/office`;
    const store = await createStore({ url, logger: quiet });
    closing.push(() => store.close());
    await store.migrate();
    const tenant = await createTenant(store);
    const tiers = ["standard", "professional"];
    const pool = tenant.pool({ product: "support", tiers, capacity: 2 });
    await store.administration.createPool(pool);
    await store.administration.saveRule({
      ...{ id: systemIds.next(), organisationId: tenant.organisationId, createdAt: 0 },
      ...{ name: "leads", connectionId: null, gives: { roles: ["team-leader"] } },
      match: { type: "attribute", attribute: "title", equals: "Lead" },
    });

    const { provisioning } = nodeOn(store);
    await provisioning.createUser(tenant.scope, draft("ann"), CAUSE);

    // As in the moment in which another node of a cluster ends the transaction that opens the table.
    const file = join(server.directory ?? "", "data", "office", "seats.TRG");
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.replaceAll(" BEGIN ", " BEGIN IF OLD. "));
    await root.query("FLUSH TABLES");
    const touch = () => root.query("UPDATE office.seats SET tier = tier");
    await expect(touch()).rejects.toThrow("has an error in its body");
    writeFileSync(file, whole);
    await expect(touch()).rejects.toThrow("has an error in its body");

    await provisioning.createUser(tenant.scope, draft("bob"), CAUSE);
    const seats = await store.insights.seatsIn(tenant.organisationId, pool.id, { limit: 10 });
    expect(seats).toHaveLength(2);
    await touch();
  });
});
