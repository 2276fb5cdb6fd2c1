import express from "express";
import { randomUUID } from "node:crypto";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

/**
 * SCIMMY with maps in memory: what its own protocol code costs, without any database. Users are also kept by name, so
 * that a look-up does not walk through all of them.
 *
 * Environment: PORT, TOKEN. Prints one JSON line when it is ready.
 */
const { PORT = "0", TOKEN = "" } = process.env;

for (const type of ["User", "Group"]) {
  const rows = new Map();
  const byName = new Map();
  SCIMMY.Resources.declare(SCIMMY.Resources[type], {
    egress: (resource) => {
      if (resource.id !== undefined) {
        const row = rows.get(resource.id);
        if (row === undefined) throw new SCIMMY.Types.Error(404, null, "Resource not found");
        return row;
      }
      const name = /^userName eq "([^"]*)"$/.exec(resource.filter?.expression ?? "")?.[1];
      if (name !== undefined) return [byName.get(name)].filter((row) => row !== undefined);
      const { startIndex = 1, count = 20 } = resource.constraints ?? {};
      const page = [...rows.values()].slice(startIndex - 1, startIndex - 1 + Number(count));
      return page;
    },
    ingress: (resource, instance) => {
      const id = resource.id ?? randomUUID();
      const row = { ...JSON.parse(JSON.stringify(instance)), id };
      rows.set(id, row);
      if (row.userName !== undefined) byName.set(row.userName, row);
      return row;
    },
    degress: (resource) => void rows.delete(resource.id),
  });
}

const app = express();
app.use(
  new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
      if (request.get("authorization") !== `Bearer ${TOKEN}`) throw new Error("no such token");
      return "bench";
    },
  }),
);
const server = app.listen(Number(PORT), "127.0.0.1", () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ baseUrl, token: TOKEN }));
});
