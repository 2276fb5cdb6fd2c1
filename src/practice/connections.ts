import { z } from "zod";
import type { SeatkeeperApi } from "./api.js";
import { ORGANISATION } from "./example.js";

/** Acorn's three connections: its own practice IdP, and one each to try Okta's and Entra's dialect by hand. */

const connectionAnswer = z.object({
  id: z.string(),
  name: z.string(),
  plugin: z.string(),
  scim: z.object({ baseUrl: z.string() }),
  saml: z.object({ metadataUrl: z.string(), loginUrl: z.string() }),
});
const connectionList = z.object({ items: z.array(connectionAnswer) });
const tokenAnswer = z.object({ publicId: z.string(), token: z.string() });
const tokenList = z.object({
  items: z.array(
    z.object({ publicId: z.string(), label: z.string(), revokedAt: z.string().nullable() }),
  ),
});
const anything = z.unknown();

export type Connection = z.infer<typeof connectionAnswer>;

/** A connection with a token of this run, which is shown once. */
export interface OpenConnection extends Connection {
  readonly token: string;
}

const BASE = `/organisations/${ORGANISATION.slug}/connections`;
const TOKEN_LABEL = "practice";

/** Makes it at the first start; at a later one brings its settings up to date, because ports may have changed. */
export async function ensureConnection(
  api: SeatkeeperApi,
  name: string,
  settings: object,
): Promise<Connection> {
  const { items } = await api.get(BASE, connectionList);
  const present = items.find((connection) => connection.name === name);
  if (present === undefined) {
    return api.send("POST", BASE, { name, ...settings }, connectionAnswer);
  }
  return api.send("PATCH", `${BASE}/${present.id}`, settings, connectionAnswer);
}

/** A new token; those of earlier runs end, because nobody can know them any longer. */
export async function openConnection(
  api: SeatkeeperApi,
  connection: Connection,
): Promise<OpenConnection> {
  const path = `${BASE}/${connection.id}/tokens`;
  const { items } = await api.get(path, tokenList);
  for (const { publicId, label, revokedAt } of items) {
    if (label !== TOKEN_LABEL || revokedAt !== null) continue;
    await api.send("DELETE", `${path}/${publicId}`, {}, anything);
  }
  const { token } = await api.send("POST", path, { label: TOKEN_LABEL }, tokenAnswer);
  return { ...connection, token };
}

export async function changePlugin(
  api: SeatkeeperApi,
  connectionId: string,
  plugin: string,
): Promise<void> {
  await api.send("PATCH", `${BASE}/${connectionId}`, { plugin }, anything);
}
