import type { OutboxEvent } from "../domain/history.js";
import type { EventSink } from "../ports.js";
import { Undeliverable } from "../ports/undeliverable.js";

/** Security event tokens, pushed over HTTP (RFC 8935). */
export interface EventPushOptions {
  readonly url: string;
  /** Bearer token for the receiver; null: it knows us in another way. */
  readonly token: string | null;
  readonly timeoutSeconds: number;
  /** The signed token; null: nothing to tell this receiver. */
  readonly encode: (event: OutboxEvent) => Promise<string | null>;
}

const ACCEPTED = 202;
const ERROR_CHARACTERS = 2_000;

export function createEventPush(options: EventPushOptions): EventSink {
  const { url, token, timeoutSeconds, encode } = options;
  return {
    deliver: async (event) => {
      const body = await encode(event);
      if (body === null) return;
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/secevent+jwt",
          accept: "application/json",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        // A redirect is a failure: the address is configured, not found on the way.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      // Nothing but 202 says that the event is safe with the receiver (RFC 8935 §2.2): a 200 may be a log-in page.
      if (response.status === ACCEPTED) await response.body?.cancel();
      else throw await failureOf(response);
    },
  };
}

/**
 * RFC 8935 §2.3: a 400 with `err`. What is wrong with the token itself will be wrong for ever; a key, an issuer or a
 * right that the receiver does not know yet can be put right, so that is tried again.
 */
async function failureOf(response: Response): Promise<Error> {
  const text = `the receiver answered ${String(response.status)}`;
  if (response.status !== 400) {
    await response.body?.cancel();
    return new Error(text);
  }
  const { err, description } = errorOf(await limitedText(response));
  const message = [text, err, description].filter((part) => part !== "").join(": ");
  return err === "invalid_request" ? new Undeliverable(message) : new Error(message);
}

/** Of an answer of any length only the beginning is read. */
async function limitedText({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ERROR_CHARACTERS) break;
  }
  return text.slice(0, ERROR_CHARACTERS);
}

function errorOf(text: string): { readonly err: string; readonly description: string } {
  try {
    const parsed: unknown = JSON.parse(text);
    const read = (name: string): string => {
      const value = (parsed as Record<string, unknown> | null)?.[name];
      return typeof value === "string" ? value : "";
    };
    return { err: read("err"), description: read("description") };
  } catch {
    return { err: "", description: "" };
  }
}
