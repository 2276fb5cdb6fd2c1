import type { Store } from "../../../src/ports.js";
import { type Report, Verifier } from "../../../src/verify/verify.js";

/** What the independent verifier says of an organisation's ledger, read so many lines at a time. */
export async function verified(
  store: Pick<Store, "ledger">,
  organisationId: string,
  portion = 1_000,
): Promise<Report> {
  const verifier = new Verifier({ present: await store.ledger.standing(organisationId) });
  for (let after = 0; ; after += portion) {
    const lines = await store.ledger.lines(organisationId, { after, limit: portion });
    lines.every((line) => verifier.add({ ...line }));
    if (lines.length < portion) return verifier.report();
  }
}
