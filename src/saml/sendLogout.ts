import type { Response } from "express";
import type { SamlBinding } from "../domain/signIn/samlFlows.js";
import { onwardPage } from "./flowPages.js";
import { wordsOf } from "./words.js";
import { sendForm } from "./forms.js";
import { signedXml } from "./logoutMessages.js";
import { allowHandOver } from "./pageHeaders.js";
import { redirectUrl, type MessageField } from "./redirectBinding.js";
import type { ServiceProvider } from "./serviceProvider.js";

export interface OutgoingLogout {
  readonly address: string;
  readonly binding: SamlBinding;
  readonly field: MessageField;
  readonly xml: string;
  readonly relayState: string | undefined;
  /**
   * In answer to a form of ours: browsers apply the page's form-action to redirects, too, so a page of our own leads on.
   */
  readonly fromForm?: boolean;
}

/** The browser carries a signed logout message to the provider. */
export function sendLogout(
  response: Response,
  provider: ServiceProvider,
  { address, binding, field, xml, relayState, fromForm = false }: OutgoingLogout,
): void {
  if (binding === "post") {
    sendForm(response, address, {
      [field]: Buffer.from(signedXml(xml, provider)).toString("base64"),
      ...(relayState === undefined ? {} : { RelayState: relayState }),
    });
    return;
  }
  const url = redirectUrl(address, { field, xml, relayState }, provider.privateKey);
  if (!fromForm) {
    response.redirect(303, url);
    return;
  }
  const nonce = allowHandOver(response, address);
  response
    .status(200)
    .type("html")
    .send(onwardPage(url, nonce, wordsOf(response)));
}
