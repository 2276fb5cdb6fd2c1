import express from "express";
import { randomUUID } from "node:crypto";
import mysql from "mysql2/promise";

/**
 * What HTTP, JSON and the database cost alone: no validation, no tenants, no seats, no audit. One durable commit for
 * each write. Nobody can offer SCIM faster with these parts, and nobody should offer this.
 *
 * Environment: PORT, TOKEN, DATABASE_URL (an empty database). Prints one JSON line when it is ready.
 */
const { PORT = "0", TOKEN = "", DATABASE_URL = "" } = process.env;
const pool = mysql.createPool({ uri: DATABASE_URL, connectionLimit: 10 });
const PAGE = 100;
const ROWS_MAX = 500;

await pool.query(
  "CREATE TABLE users (id CHAR(36) CHARACTER SET ascii PRIMARY KEY, userName VARCHAR(255) NOT NULL UNIQUE, active BOOLEAN NOT NULL, document MEDIUMTEXT NOT NULL)",
);
await pool.query(
  "CREATE TABLE `groups` (id CHAR(36) CHARACTER SET ascii PRIMARY KEY, displayName VARCHAR(255) NOT NULL)",
);
await pool.query(
  "CREATE TABLE members (groupId CHAR(36) CHARACTER SET ascii, userId CHAR(36) CHARACTER SET ascii, PRIMARY KEY (groupId, userId))",
);

const app = express();
app.use(express.json({ limit: "8mb", type: ["application/json", "application/scim+json"] }));
app.use((request, response, next) => {
  if (request.get("authorization") === `Bearer ${TOKEN}`) next();
  else response.status(401).end();
});

app.post("/Users", async (request, response) => {
  const user = { ...request.body, id: randomUUID() };
  await pool.execute("INSERT INTO users VALUES (?, ?, ?, ?)", [
    user.id,
    user.userName,
    user.active !== false,
    JSON.stringify(user),
  ]);
  response.status(201).json(user);
});

app.get("/Users", async (request, response) => {
  const userName = /^userName eq "([^"]*)"$/.exec(String(request.query.filter ?? ""))?.[1];
  const [rows] =
    userName === undefined
      ? await pool.query("SELECT document FROM users ORDER BY id LIMIT ? OFFSET ?", [
          Number(request.query.count ?? PAGE),
          Number(request.query.startIndex ?? 1) - 1,
        ])
      : await pool.execute("SELECT document FROM users WHERE userName = ?", [userName]);
  response.json({ Resources: rows.map(({ document }) => JSON.parse(document)) });
});

app.put("/Users/:id", async (request, response) => {
  const user = { ...request.body, id: request.params.id };
  await pool.execute("UPDATE users SET userName = ?, active = ?, document = ? WHERE id = ?", [
    user.userName,
    user.active !== false,
    JSON.stringify(user),
    user.id,
  ]);
  response.json(user);
});

app.patch("/Users/:id", async (request, response) => {
  const [operation] = request.body.Operations;
  const value = operation.path === undefined ? operation.value.active : operation.value;
  const active = String(value).toLowerCase() === "true";
  const [rows] = await pool.execute("SELECT document FROM users WHERE id = ?", [request.params.id]);
  const user = { ...JSON.parse(rows[0].document), active };
  await pool.execute("UPDATE users SET active = ?, document = ? WHERE id = ?", [
    active,
    JSON.stringify(user),
    user.id,
  ]);
  response.json(user);
});

app.post("/Groups", async (request, response) => {
  const group = { id: randomUUID(), displayName: request.body.displayName };
  await pool.execute("INSERT INTO `groups` VALUES (?, ?)", [group.id, group.displayName]);
  await addMembers(group.id, request.body.members ?? []);
  response.status(201).json(group);
});

app.get("/Groups/:id", async (request, response) => {
  const [[group]] = await pool.execute("SELECT id, displayName FROM `groups` WHERE id = ?", [
    request.params.id,
  ]);
  if (request.query.excludedAttributes === "members") {
    response.json(group);
    return;
  }
  const [rows] = await pool.execute("SELECT userId AS value FROM members WHERE groupId = ?", [
    group.id,
  ]);
  response.json({ ...group, members: rows });
});

app.patch("/Groups/:id", async (request, response) => {
  for (const { op, path, value } of request.body.Operations) {
    if (op.toLowerCase() === "add") await addMembers(request.params.id, value);
    else {
      const userId = /value eq "([^"]*)"/.exec(path)?.[1] ?? value?.[0]?.value;
      await pool.execute("DELETE FROM members WHERE groupId = ? AND userId = ?", [
        request.params.id,
        userId,
      ]);
    }
  }
  response.status(204).end();
});

async function addMembers(groupId, members) {
  for (let index = 0; index < members.length; index += ROWS_MAX) {
    const rows = members.slice(index, index + ROWS_MAX).map(({ value }) => [groupId, value]);
    await pool.query("INSERT IGNORE INTO members VALUES ?", [rows]);
  }
}

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ baseUrl, token: TOKEN }));
});
