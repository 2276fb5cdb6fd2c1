import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import mysql from "mysql2/promise";
import { describeMySql, freshDatabase, query } from "./mariadb.js";

describeMySql("the MariaDB of the tests", () => {
  it("gives each caller an empty database of its own", async () => {
    const first = await freshDatabase("same name");
    const second = await freshDatabase("same name");

    await query(first, "CREATE TABLE t (id INT PRIMARY KEY)");

    expect(first).not.toBe(second);
    expect(await query(first, "SHOW TABLES")).toHaveLength(1);
    expect(await query(second, "SHOW TABLES")).toHaveLength(0);
  });

  it("drops a database although a connection to it still has a transaction open", async () => {
    const url = await freshDatabase("open transaction");
    const connection = await mysql.createConnection(url);
    await connection.query("CREATE TABLE t (id INT PRIMARY KEY)");
    await connection.beginTransaction();
    await connection.query("INSERT INTO t VALUES (1)");
    connection.destroy();
  });

  it("commits durably and refuses what does not fit, as production does", async () => {
    const [settings] = await query(
      await freshDatabase("settings"),
      "SELECT @@innodb_flush_log_at_trx_commit AS flush, @@sql_mode AS mode, @@default_storage_engine AS engine",
    );

    expect(settings).toMatchObject({
      flush: 1,
      engine: "InnoDB",
      mode: expect.stringContaining("STRICT_TRANS_TABLES"),
    });
  });

  const itWithOwnServer = process.env["MYSQL_URL"] === undefined ? it : it.skip;

  itWithOwnServer("ends and leaves nothing behind when the run is killed", async () => {
    const program = `
      import { startServer } from ${JSON.stringify(new URL("mariadbServer.js", import.meta.url).href)};
      const { directory, url } = await startServer();
      console.log(JSON.stringify({ directory, url }));
      setInterval(() => {}, 1000);
    `;
    const run = spawn(process.execPath, ["--input-type=module", "--eval", program]);
    const [line] = (await new Promise<Buffer>((resolve) => run.stdout.once("data", resolve)))
      .toString()
      .split("\n");
    const { directory, url } = JSON.parse(line ?? "") as { directory: string; url: string };
    expect(await query(url, "SELECT 1")).toHaveLength(1);

    run.kill("SIGKILL");

    await expect(untilGone(directory)).resolves.toBe(true);
    await expect(query(url, "SELECT 1")).rejects.toThrow();
  });
});

async function untilGone(path: string): Promise<boolean> {
  const deadline = performance.now() + 5000;
  while (existsSync(path) && performance.now() < deadline) {
    await sleep(20);
  }
  return !existsSync(path);
}
