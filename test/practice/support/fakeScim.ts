import type { JsonObject, JsonValue, ScimCall } from "../../../src/practice/dialect.js";
import type { Exchange, ScimClient } from "../../../src/practice/scimClient.js";

/** Just enough of a SCIM server to see what the practice IdP sends and to hand out ids. */
export interface FakeScim extends ScimClient {
  readonly calls: ScimCall[];
  readonly users: Map<string, JsonObject>;
  readonly groups: Map<string, JsonObject>;
  /** The next request that matches is answered with this status. */
  failNext(method: ScimCall["method"], status: number): void;
  mostAtOnce(): number;
}

export function fakeScim(): FakeScim {
  const users = new Map<string, JsonObject>();
  const groups = new Map<string, JsonObject>();
  const calls: ScimCall[] = [];
  const failures: { method: string; status: number }[] = [];
  let running = 0;
  let mostRunning = 0;

  function find(store: Map<string, JsonObject>, path: string): JsonValue {
    const filter = new URLSearchParams(path.split("?")[1]).get("filter") ?? "";
    const [, attribute, value] = /^(\w+) eq (".*")$/.exec(filter) ?? [];
    const wanted = JSON.parse(value ?? "null") as JsonValue;
    const found = [...store.values()].filter((one) => one[attribute ?? ""] === wanted);
    return { totalResults: found.length, Resources: found };
  }

  function answer(call: ScimCall): { status: number; response?: JsonValue } {
    const failing = failures.findIndex((failure) => failure.method === call.method);
    if (failing >= 0) return { status: failures.splice(failing, 1)[0]!.status, response: {} };
    const store = call.path.startsWith("/Users") ? users : groups;
    if (call.path.includes("filter=")) return { status: 200, response: find(store, call.path) };
    if (call.method === "POST") {
      const id = `id${calls.length}`;
      store.set(id, { ...call.body, id });
      return { status: 201, response: store.get(id)! };
    }
    const id = call.path.split("/")[2]!.split("?")[0]!;
    const known = store.get(id);
    if (known === undefined) return { status: 404 };
    if (call.method === "DELETE") store.delete(id);
    return { status: call.method === "GET" ? 200 : 204, response: known };
  }

  return {
    calls,
    users,
    groups,
    failNext: (method, status) => void failures.push({ method, status }),
    mostAtOnce: () => mostRunning,
    async send(call): Promise<Exchange> {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await new Promise((resolve) => setImmediate(resolve));
      calls.push(call);
      const { status, response } = answer(call);
      running -= 1;
      return { ...call, status, response, milliseconds: 1 };
    },
  };
}
