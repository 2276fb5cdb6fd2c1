import { markup } from "../markup.js";
import type { Markup } from "../markup.js";
import { documentOf } from "../page/layout.js";
import type { CurrentPerson } from "../state.js";

export interface PostForm {
  readonly acsUrl: string;
  readonly response: string;
  readonly relayState: string | undefined;
  readonly personName: string;
}

/** Carries the response to the application: by itself with JavaScript, by the button without. */
export function postPage(form: PostForm): string {
  const relayState = form.relayState === undefined ? [] : [hidden("RelayState", form.relayState)];
  const body = markup`<main class="card narrow">
<h1>Signing in as ${form.personName}</h1>
<p>The practice IdP has signed a SAML response. Your browser now carries it to Seatkeeper.</p>
<form method="post" action="${form.acsUrl}" data-post>
${hidden("SAMLResponse", Buffer.from(form.response).toString("base64"))}
${relayState}
<button class="button primary" type="submit">Continue</button>
</form>
</main>`;
  return documentOf({ title: "Signing in", body, script: "post.js" });
}

export interface Chooser {
  readonly people: readonly CurrentPerson[];
  /** The request as it came, to be read again when somebody has been chosen. */
  readonly query: string;
  readonly csrfToken: string;
}

/** Shown when a sign-in starts at the application and nobody was chosen on the practice page. */
export function chooserPage(chooser: Chooser): string {
  const body = markup`<main class="card narrow">
<h1>Who signs in?</h1>
<p>A real identity provider would ask for a password here. The practice IdP asks only for a name.</p>
<form method="post" action="/saml/choose">
${hidden("csrf", chooser.csrfToken)}
${hidden("request", chooser.query)}
<label for="person">Person</label>
<div class="inline-form">
<select id="person" name="person" required>${chooser.people.map(option)}</select>
<button class="button primary" type="submit">Sign in</button>
</div>
</form>
</main>`;
  return documentOf({ title: "Who signs in?", body });
}

function option(person: CurrentPerson): Markup {
  const note = person.active ? person.title : "switched off";
  return markup`<option value="${person.key}">${person.displayName} (${note})</option>`;
}

function hidden(name: string, value: string): Markup {
  return markup`<input type="hidden" name="${name}" value="${value}">`;
}
