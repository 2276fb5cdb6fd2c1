import { createProvisioning, type Provisioning } from "../../src/actions/provision.js";
import { createReconciliation, type Reconciliation } from "../../src/actions/reconcile.js";
import { createRunner } from "../../src/actions/run.js";
import { loadCatalogue } from "../../src/catalogueFile.js";
import type { Cause } from "../../src/domain/history.js";
import type { Scope, Store } from "../../src/ports.js";
import { systemIds } from "../../src/store/index.js";
import { quiet } from "./support/open.js";

/** Callers who write one organisation through all nodes at once, and remember what they were promised. */

const CAUSE: Cause = { type: "scim", action: "test", actor: "idp", requestId: null };
/** A transaction of these is a large message, of the others a small one. */
const LARGE = "x".repeat(14_000);

export interface Node {
  readonly provisioning: Provisioning;
  readonly reconciliation: Reconciliation;
}

export function nodeOn(store: Store): Node {
  const catalogue = loadCatalogue("config/catalogue.yaml");
  const committed = (): undefined => undefined;
  const runner = createRunner({ store, catalogue, ids: systemIds, logger: quiet, committed });
  return {
    provisioning: createProvisioning(runner),
    reconciliation: createReconciliation(runner, store, quiet),
  };
}

export function draft(userName: string, active = true, displayName = userName, notes = "") {
  const document = { userName, active, displayName, title: "Lead", notes };
  return { userName, externalId: userName, displayName, active, document };
}

interface Promised {
  readonly displayName: string;
  readonly active: boolean;
}

export class Load {
  /** What was acknowledged last of whom, by id; without those of whom an answer was a refusal since. */
  readonly promised = new Map<string, Promised>();
  readonly created: string[] = [];
  readonly refused: string[] = [];
  /** The codes of the refusals. */
  readonly codes = new Set<string>();
  readonly #scope: Scope;
  readonly #nodes: readonly Node[];
  #serial = 0;

  constructor(scope: Scope, nodes: readonly Node[]) {
    this.#scope = scope;
    this.#nodes = nodes;
  }

  async run(callers: number, milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    await Promise.all(Array.from({ length: callers }, (_, caller) => this.#call(caller, until)));
  }

  async #call(caller: number, until: number): Promise<void> {
    const { provisioning } = this.#nodes[caller % this.#nodes.length]!;
    const mine: { id: string; userName: string }[] = [];
    while (performance.now() < until) {
      this.#serial += 1;
      const serial = this.#serial;
      const notes = serial % 3 === 0 ? "" : LARGE;
      const one = serial % 2 === 0 ? mine[serial % Math.max(mine.length, 1)] : undefined;
      try {
        if (one === undefined) {
          const userName = `user${serial}`;
          const { user } = await this.#noted(userName, () =>
            provisioning.createUser(this.#scope, draft(userName, true, userName, notes), CAUSE),
          );
          mine.push({ id: user.id, userName });
          this.created.push(user.id);
          this.promised.set(user.id, { displayName: userName, active: true });
        } else {
          const promised = { displayName: `${one.userName} ${serial}`, active: serial % 4 === 0 };
          this.promised.delete(one.id);
          const changed = draft(one.userName, promised.active, promised.displayName, notes);
          await this.#noted(null, () =>
            provisioning.changeUser(this.#scope, { id: one.id }, () => changed, CAUSE),
          );
          this.promised.set(one.id, promised);
        }
      } catch {
        // Noted; the caller goes on.
      }
    }
  }

  async #noted<T>(userName: string | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.codes.add((error as { code?: string }).code ?? String(error));
      if (userName !== null) this.refused.push(userName);
      throw error;
    }
  }
}
