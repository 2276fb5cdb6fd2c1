import jackson from "@boxyhq/saml-jackson";
import express from "express";

/**
 * Ory Polis (SAML Jackson) as a library, mounted the way its service mounts it: one directory of the type that the
 * requests speak.
 *
 * Environment: PORT, DATABASE_URL (an empty database). Prints one JSON line when it is ready.
 */
const { PORT = "0", DATABASE_URL = "" } = process.env;
const { directorySyncController } = await jackson.default({
  externalUrl: "http://127.0.0.1",
  samlPath: "/saml",
  scimPath: "/scim",
  db: { engine: "sql", type: "mariadb", url: DATABASE_URL },
  noAnalytics: true,
  logger: { info: () => {} },
});
const { data, error } = await directorySyncController.directories.create({
  tenant: "acorn",
  product: "bench",
  name: "bench",
  type: "azure-scim-v2",
});
if (data === null) throw new Error(JSON.stringify(error));

const app = express();
app.use(express.json({ limit: "8mb", type: ["application/json", "application/scim+json"] }));
app.all(["/:resource", "/:resource/:id"], async (request, response) => {
  const { count, startIndex, filter } = request.query;
  const answer = await directorySyncController.requests.handle(
    {
      method: request.method,
      body: request.body,
      directoryId: data.id,
      resourceType: request.params.resource,
      resourceId: request.params.id,
      apiSecret: request.get("authorization")?.replace(/^Bearer /, "") ?? null,
      query: {
        ...(count === undefined ? {} : { count: Number(count) }),
        ...(startIndex === undefined ? {} : { startIndex: Number(startIndex) }),
        ...(filter === undefined ? {} : { filter: String(filter) }),
      },
    },
    // Where its events would leave; ours wait in the outbox.
    async () => {},
  );
  response.status(answer.status).json(answer.data);
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ baseUrl, token: data.scim.secret }));
});
