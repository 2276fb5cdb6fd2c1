import { Webhook } from "standardwebhooks";
import type { OutboxEvent } from "../domain/history.js";
import type { EventSink } from "../ports.js";

/**
 * Events as signed POST requests in the Standard Webhooks form: `webhook-id` is the same at every attempt, so that a
 * receiver can tell a repetition; `webhook-signature` covers id, time and body.
 */
export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and 24 to 64 bytes in base64. */
  readonly secret: string;
  readonly timeoutSeconds: number;
  readonly now: () => number;
}

export function createWebhookSink({ url, secret, timeoutSeconds, now }: WebhookOptions): EventSink {
  const webhook = new Webhook(secret);
  return {
    deliver: async (event) => {
      const body = JSON.stringify(webhookBody(event));
      const at = new Date(now());
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "webhook-id": event.id,
          "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
          "webhook-signature": webhook.sign(event.id, at, body),
        },
        // A redirect is a failure: the address is configured, not found on the way.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      await response.body?.cancel();
      if (response.status < 200 || response.status > 299) {
        throw new Error(`the webhook answered ${String(response.status)}`);
      }
    },
  };
}

export function webhookBody({ id, type, at, organisationId, userId, data }: OutboxEvent) {
  return { type, timestamp: new Date(at).toISOString(), id, organisationId, userId, data };
}
