import { DIALECTS } from "../dialects.js";
import { markup } from "../markup.js";
import type { Markup } from "../markup.js";
import { DIALECT_IDS } from "../state.js";
import type { DialectId } from "../state.js";
import { documentOf } from "./layout.js";
import type { PageModel, PoolBar, SeatKind } from "./model.js";
import { happeningPanel } from "./panel.js";
import { peopleSection } from "./people.js";

/** The whole practice page. */
export function practicePage(model: PageModel): string {
  const csrf = markup`<input type="hidden" name="csrf" value="${model.csrfToken}">`;
  const body = markup`<header class="top">
<div>
<h1>Acorn’s directory</h1>
<p class="lead">A small identity provider for trying out Seatkeeper. Everything you click here is sent to <code>${model.seatkeeperUrl}</code> as a real provider would send it.</p>
</div>
${dialectSwitch(model.dialect, csrf)}
</header>
<section class="card pools" aria-labelledby="pools-title">
<h2 id="pools-title">Pools</h2>
<div id="pools">${model.pools.map(poolBar)}</div>
</section>
<div class="columns">
<main>${peopleSection(model.people, model.search, csrf)}</main>
<aside aria-label="What happened">${happeningPanel(model.happening)}</aside>
</div>
<p class="visually-hidden" id="busy" role="status"></p>`;
  return documentOf({ title: "Acorn’s directory", body, script: "page.js", wide: true });
}

function dialectSwitch(current: DialectId, csrf: Markup): Markup {
  const options = DIALECT_IDS.map((id) => {
    const checked = id === current ? markup` checked` : "";
    return markup`<label class="choice"><input type="radio" name="dialect" value="${id}"${checked}><span>${DIALECTS[id].title}</span></label>`;
  });
  return markup`<form class="dialect" id="dialect" method="post" action="/dialect" data-live>
${csrf}
<fieldset><legend>Speaks like</legend><div class="choices">${options}</div></fieldset>
<button class="button without-script" type="submit">Switch</button>
</form>`;
}

const SLOTS_MAX = 40;
const POOL_TITLES: Readonly<Record<SeatKind, string>> = {
  locked: "locked",
  shared: "shared",
  concurrent: "leases",
};

function poolBar(pool: PoolBar): Markup {
  const free = Math.max(pool.capacity - pool.used, 0);
  const text = `${pool.used} of ${pool.capacity} held, ${free} free, ${pool.waiting} waiting`;
  return markup`<div class="pool">
<p class="pool-head"><strong>${pool.name}</strong> <span class="kind ${pool.kind}"><span class="mark" aria-hidden="true"></span>${POOL_TITLES[pool.kind]}</span></p>
<p class="sub muted">${pool.product}: ${pool.tiers.join(", ")}</p>
${slots(pool, free)}
<p class="pool-text">${text}</p>
</div>`;
}

/** One box for each seat, so that a full pool looks full; beyond forty a meter says it better. */
function slots(pool: PoolBar, free: number): Markup {
  if (pool.capacity + pool.waiting > SLOTS_MAX) {
    return markup`<meter min="0" max="${pool.capacity}" value="${pool.used}"></meter>`;
  }
  const boxes = [
    ...new Array<string>(pool.used).fill("held"),
    ...new Array<string>(free).fill("free"),
    ...new Array<string>(pool.waiting).fill("waiting"),
  ];
  return markup`<div class="slots ${pool.kind}" aria-hidden="true">${boxes.map((box) => markup`<span class="slot ${box}"></span>`)}</div>`;
}
