import type { Response } from "express";
import { allowHandOver } from "./pageHeaders.js";
import { handOverPage } from "./pages.js";
import { wordsOf } from "./words.js";

/** Answers with a form that sends itself there: out of addresses, logs and histories. */
export function sendForm(
  response: Response,
  action: string,
  fields: Readonly<Record<string, string>>,
): void {
  const nonce = allowHandOver(response, action);
  response
    .status(200)
    .type("html")
    .send(handOverPage(action, fields, nonce, wordsOf(response)));
}
