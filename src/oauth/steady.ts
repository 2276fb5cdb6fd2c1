import { setTimeout as sleep } from "node:timers/promises";

const REFUSAL_MS = 100;

/**
 * Resolves a fixed time from now. Refusals wait for it, so that the time they take says nothing about how far the
 * credentials got: unknown connection, unknown client, wrong secret, wrong signature.
 */
export async function notBefore(): Promise<void> {
  await sleep(REFUSAL_MS, undefined, { ref: false });
}
