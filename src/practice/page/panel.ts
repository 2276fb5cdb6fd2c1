import type { JsonValue } from "../dialect.js";
import { markup } from "../markup.js";
import type { Markup } from "../markup.js";
import type { Exchange } from "../scimClient.js";
import type { Happening, Move } from "./model.js";

const EXCHANGES_SHOWN_MAX = 20;

/** "What happened": the requests of the last click, and which seats moved because of them. */
export function happeningPanel(happening: Happening | null): Markup {
  const body =
    happening === null
      ? markup`<p class="muted">Nothing yet. Deactivate somebody, or sign in as somebody, and this panel shows the requests that were sent and which seats moved because of them.</p>`
      : happeningBody(happening);
  return markup`<section class="card happened" aria-labelledby="happened-title">
<h2 id="happened-title" tabindex="-1">What happened</h2>
<div id="happened" aria-live="polite">${body}</div>
</section>`;
}

export function movesList(moves: readonly Move[]): Markup {
  if (moves.length === 0) return markup`<p class="muted">No seat moved.</p>`;
  return markup`<ol class="moves">${moves.map(
    (move) =>
      markup`<li class="${move.effect}"><span class="mark" aria-hidden="true"></span><span>${move.sentence}</span></li>`,
  )}</ol>`;
}

function happeningBody(happening: Happening): Markup {
  const { title, exchanges, moves, failure } = happening;
  const problem =
    failure === null
      ? []
      : [markup`<p class="problem" role="alert"><strong>${failure}</strong></p>`];
  const requests =
    exchanges.length === 0
      ? []
      : [
          markup`<h3>SCIM requests</h3><ol class="exchanges">${exchanges.slice(0, EXCHANGES_SHOWN_MAX).map(exchangeItem)}</ol>`,
          markup`${leftOut(exchanges.length - EXCHANGES_SHOWN_MAX)}`,
        ];
  return markup`<p class="title">${title}</p>${problem}<h3>Seats</h3>${movesList(moves)}${requests}`;
}

function leftOut(count: number): Markup[] {
  return count <= 0 ? [] : [markup`<p class="muted">… and ${count} more requests.</p>`];
}

function exchangeItem(exchange: Exchange): Markup {
  const good = exchange.status < 400 ? "good" : "bad";
  const path = decodeURIComponentSafely(exchange.path);
  return markup`<li><p class="why-sent">${exchange.why}</p><details><summary><span class="method">${exchange.method}</span> <code>${path}</code> <span class="status ${good}">${exchange.status}</span> <span class="time">${Math.round(exchange.milliseconds)} ms</span></summary>${bodyBlock("Sent", exchange.body)}${bodyBlock("Answered", exchange.response)}</details></li>`;
}

function bodyBlock(label: string, body: JsonValue | undefined): Markup[] {
  if (body === undefined) return [markup`<p class="muted">${label}: no body.</p>`];
  return [
    markup`<p class="muted">${label}:</p><pre tabindex="0"><code>${JSON.stringify(body, null, 2)}</code></pre>`,
  ];
}

/** Filters are easier to read without percent signs; what is shown is not sent again. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
