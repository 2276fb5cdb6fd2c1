import { BATCH_ENOUGH } from "../actions/run.js";
import type { Connection } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { logFailure, toSeatkeeperError } from "../http/errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { ScimAnswer } from "./answer.js";
import { planBulk, type PlannedOperation } from "./bulkOrder.js";
import { resolveReferences, type BulkText } from "./bulkReferences.js";
import { readBulkRequest } from "./bulkRequest.js";
import { targetOf, type Target } from "./bulkTarget.js";
import { baseUrlOf, openCall, pluginOf, type ScimDeps } from "./context.js";
import { leniencyOf } from "./leniency.js";
import { bulkResponse, errorBody } from "./messages.js";
import { recorded } from "./record.js";
import { ROUTES, type Handler, type Method } from "./routes.js";
import { etagOf } from "./serialise.js";
import { excerpt } from "./values.js";

/**
 * POST /Bulk (RFC 7644 §3.7). Each operation goes through the same dialect and the same handler as a request of its
 * own, and has its own verdict. Those that do not depend on each other are started together, so that the runner commits
 * them in few transactions; none is answered before its commit.
 *
 * When the database goes away: if nothing had been committed, the whole request is 503 and can be sent again; otherwise
 * what was committed is said, and each other operation is 503 by itself.
 */
export interface BulkInput {
  readonly body: JsonValue | undefined;
  readonly requestId: string;
  /** Called once, before anything is done. May refuse. */
  readonly admit?: (operations: number) => Promise<void>;
}

/** @throws SeatkeeperError InvalidSyntax, InvalidValue, PayloadTooLarge, Unavailable, and whatever `admit` throws. */
export async function answerBulk(
  deps: ScimDeps,
  connection: Connection,
  { body, requestId, admit }: BulkInput,
): Promise<JsonObject> {
  const { failOnErrors, operations } = readBulkRequest(body, {
    operationsMax: deps.limits.scimBulkOperations,
    missingSchemas: leniencyOf(pluginOf(deps, connection)).missingSchemas,
  });
  await admit?.(operations.length);
  const plan = planBulk(operations);
  const work = new BulkWork(deps, connection, requestId);
  for (const wave of plan.waves) {
    for (let done = 0; done < wave.length;) {
      // Never more than may still fail: so nothing is started after the last error that the client allows.
      const together = Math.min(BATCH_ENOUGH, (failOnErrors ?? Infinity) - work.errors);
      if (together <= 0) break;
      const slice = wave.slice(done, done + together);
      await work.run(slice.map((index) => [index, plan.operations[index]] as const));
      done += together;
    }
  }
  return bulkResponse(work.answers());
}

type Outcome = { readonly answer: ScimAnswer; readonly id: string } | SeatkeeperError;

/** One bulk request under way. */
class BulkWork {
  errors = 0;
  readonly #deps: ScimDeps;
  readonly #connection: Connection;
  readonly #requestId: string;
  /** bulkId -> id. */
  readonly #created = new Map<string, string>();
  readonly #answers = new Map<number, JsonObject>();
  #outage: SeatkeeperError | null = null;
  #committed = false;

  constructor(deps: ScimDeps, connection: Connection, requestId: string) {
    this.#deps = deps;
    this.#connection = connection;
    this.#requestId = requestId;
  }

  /** All are started in this turn, in their order, and so reach the decision in this order. */
  async run(
    operations: readonly (readonly [index: number, operation: PlannedOperation | undefined])[],
  ): Promise<void> {
    await Promise.all(
      operations.map(async ([index, operation]) => {
        if (operation !== undefined) await this.#runOne(index, operation);
      }),
    );
  }

  /** In the order sent. @throws SeatkeeperError Unavailable when the request can be sent again as a whole */
  answers(): JsonObject[] {
    if (this.#outage !== null && !this.#committed) throw this.#outage;
    return [...this.#answers].sort(([a], [b]) => a - b).map(([, answer]) => answer);
  }

  async #runOne(index: number, operation: PlannedOperation): Promise<void> {
    const { method, bulkId } = operation;
    const text = operation.fault === null ? resolveReferences(operation, this.#created) : operation;
    const target = targetOf(text.path);
    const outcome = await this.#outcomeOf(operation, text, target);
    const said = { method, ...(bulkId === undefined ? {} : { bulkId }) };
    const location = this.#locationOf(method, target);
    if (outcome instanceof SeatkeeperError) {
      this.errors += 1;
      this.#answers.set(index, {
        ...said,
        ...(location === undefined ? {} : { location }),
        status: String(outcome.status),
        response: errorBody(outcome),
      });
      return;
    }
    const { answer } = outcome;
    if (bulkId !== undefined && method === "POST") this.#created.set(bulkId, outcome.id);
    const where = answer.location ?? location;
    this.#answers.set(index, {
      ...said,
      ...(where === undefined ? {} : { location: where }),
      ...(answer.version === undefined ? {} : { version: etagOf(answer.version) }),
      status: String(answer.status),
    });
  }

  async #outcomeOf(
    operation: PlannedOperation,
    text: BulkText,
    target: Target | null,
  ): Promise<Outcome> {
    try {
      this.#refuse(operation);
      const handler = handlerOf(operation.method, target);
      const call = openCall(this.#deps, this.#connection, {
        requestId: this.#requestId,
        ifMatch: operation.version,
        request: requestOf(operation.method as Method, target, text),
      });
      const answer = await recorded(call, () => handler(this.#deps, call));
      this.#committed = true;
      const id = answer.body?.["id"];
      return { answer, id: typeof id === "string" ? id : "" };
    } catch (thrown) {
      const error = toSeatkeeperError(thrown);
      if (error.code === "Unavailable") this.#outage ??= error;
      logFailure(this.#deps.logger, error, this.#requestId);
      return error;
    }
  }

  /** What is known before anything is tried. */
  #refuse({ fault, references }: PlannedOperation): void {
    if (fault !== null) throw fault;
    if (this.#outage !== null) throw this.#outage;
    const missing = [...references].find((bulkId) => !this.#created.has(bulkId));
    if (missing !== undefined) {
      throw new SeatkeeperError("Conflict", {
        field: "bulkId",
        sentence: `The operation with the bulkId ${excerpt(missing)} failed, so there is nothing to refer to.`,
      });
    }
  }

  /** RFC 7644 §3.7.3: of every operation but a failed creation. */
  #locationOf(method: string, target: Target | null): string | undefined {
    if (method === "POST" || target?.id === undefined || target.id.startsWith("bulkId:")) {
      return undefined;
    }
    const { resource, id } = target;
    return `${baseUrlOf(this.#deps, this.#connection)}/${resource}/${encodeURIComponent(id)}`;
  }
}

function handlerOf(method: string, target: Target | null): Handler {
  if (target === null) throw new SeatkeeperError("NotFound");
  const { collection, one } = ROUTES[target.resource];
  const handler = (target.id === undefined ? collection : one)[method as Method];
  if (handler === undefined) throw new SeatkeeperError("MethodNotAllowed");
  return handler;
}

function requestOf(method: Method, target: Target | null, { data }: BulkText) {
  const { resource = "", id } = target ?? {};
  return {
    method,
    resource,
    // The answer shows no resource, so the members of a large group need not be read for it.
    query: method === "PATCH" ? {} : { attributes: "id" },
    ...(id === undefined ? {} : { id }),
    ...(data === undefined || method === "DELETE" ? {} : { body: data }),
  };
}
