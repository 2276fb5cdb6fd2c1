import { GROUPS } from "../directory.js";
import { markup } from "../markup.js";
import type { Markup } from "../markup.js";
import type { CurrentPerson } from "../state.js";
import { KIND_TITLES } from "./model.js";
import type { PersonRow, Standing } from "./model.js";

/** The list of people with what each of them has and what can be done with each of them. */
export function peopleSection(rows: readonly PersonRow[], search: string, csrf: Markup): Markup {
  const found = rows.filter((row) => matches(row, search));
  return markup`<section class="people" aria-labelledby="people-title">
<div class="section-head">
<h2 id="people-title">People</h2>
<form class="search" role="search" method="get" action="/">
<label class="visually-hidden" for="search">Search people</label>
<input id="search" name="q" type="search" value="${search}" placeholder="Name, team, group, tier, “waiting”…" autocomplete="off">
<button class="button without-script" type="submit">Search</button>
</form>
<p class="count" id="count" role="status">${countText(found.length, rows.length)}</p>
</div>
<table>
<thead><tr><th scope="col">Person</th><th scope="col">Groups</th><th scope="col">Seats</th><th scope="col">Try</th></tr></thead>
<tbody id="people">${found.map((row) => personRow(row, csrf))}</tbody>
</table>
</section>`;
}

function countText(found: number, all: number): string {
  return found === all ? `${all} people` : `${found} of ${all} people`;
}

/** The same text that the script searches, so that both ways find the same people. */
function searchText({ person, groupNames, standings }: PersonRow): string {
  const seats = standings.map((standing) => [
    standing.tier ?? "",
    standing.seat === null ? "" : `${standing.seat.pool} ${KIND_TITLES[standing.seat.kind]}`,
    standing.waitingPosition === null ? "" : "waiting",
    standing.note ?? "",
  ]);
  return [
    person.displayName,
    person.userName,
    person.title,
    person.department,
    statusOf(person),
    ...groupNames,
    ...seats.flat(),
  ]
    .join(" ")
    .toLowerCase();
}

function matches(row: PersonRow, search: string): boolean {
  const text = searchText(row);
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function statusOf(person: CurrentPerson): "active" | "switched off" | "deleted" {
  if (person.deleted) return "deleted";
  return person.active ? "active" : "switched off";
}

function personRow(row: PersonRow, csrf: Markup): Markup {
  const { person, groupNames, standings } = row;
  const status = statusOf(person);
  const badge = status === "active" ? [] : [markup` <span class="badge off">${status}</span>`];
  const own = groupNames.filter((name) => name !== "Everyone");
  const groups =
    own.length === 0
      ? markup`<span class="muted">Everyone only</span>`
      : markup`<ul class="chips">${own.map((name) => markup`<li>${name}</li>`)}</ul>`;
  return markup`<tr class="${status === "active" ? "on" : "off"}" data-search="${searchText(row)}">
<th scope="row"><span class="name" dir="auto">${person.displayName}</span>${badge}<span class="sub">${person.title}</span><span class="sub muted">${person.userName}</span></th>
<td data-label="Groups">${groups}</td>
<td data-label="Seats">${standings.length === 0 ? markup`<span class="muted">No seat needed</span>` : standings.map(standing)}</td>
<td data-label="Try">${actions(person, csrf)}</td>
</tr>
`;
}

function standing(one: Standing): Markup {
  const tier = one.tier === null ? [] : [markup`<span class="tier">${one.tier}</span> `];
  const addOns = one.addOns.map((addOn) => markup` <span class="add-on">+ ${addOn}</span>`);
  const why =
    one.why === null
      ? []
      : [markup`<details class="why"><summary>Why?</summary><p>${one.why}</p></details>`];
  return markup`<div class="standing"><div>${tier}<span class="product">${one.product}</span>${addOns}</div><div class="place">${place(one)}</div>${why}</div>`;
}

function place({ seat, tier, product, waitingPosition, waitingFor, note }: Standing): Markup[] {
  const lines: Markup[] = [];
  if (seat !== null) {
    // A seat may be higher than what is needed now; then it says which.
    const words =
      seat.tier === tier ? KIND_TITLES[seat.kind] : `${seat.tier}, ${KIND_TITLES[seat.kind]}`;
    lines.push(
      markup`<span class="seat ${seat.kind}"><span class="mark" aria-hidden="true"></span>${words} of “${seat.pool}”</span>`,
    );
  }
  if (waitingPosition !== null) {
    lines.push(
      markup`<span class="seat waits"><span class="mark" aria-hidden="true"></span>waiting, place ${waitingPosition} ${lineWords(waitingFor, product)}</span>`,
    );
  }
  if (note !== null) lines.push(markup`<span class="muted">${note}</span>`);
  return lines;
}

/** A place says nothing without the line that it is in. */
function lineWords(pools: readonly string[], product: string): string {
  if (pools.length === 0) return `of all who wait for ${product}`;
  return `for ${pools.map((pool) => `“${pool}”`).join(" or ")}`;
}

function actions(person: CurrentPerson, csrf: Markup): Markup {
  if (person.deleted) return button(person, "restore", "Restore", csrf);
  const off = person.active
    ? button(person, "deactivate", "Deactivate", csrf)
    : button(person, "reactivate", "Reactivate", csrf);
  return markup`<div class="actions">
${signInButton(person, csrf)}
${off}
${moveForm(person, csrf)}
<details class="more"><summary>More</summary><div class="more-body">${renameForm(person, csrf)}${button(person, "delete", "Delete", csrf, "danger")}</div></details>
</div>`;
}

/** Leaves the page for the real round trip, so the script must not catch it. */
function signInButton(person: CurrentPerson, csrf: Markup): Markup {
  const label = person.active ? "Sign in as" : "Try to sign in as";
  return markup`<form method="post" action="/people/${person.key}/sign-in">${csrf}<button class="button primary" type="submit" aria-label="${label} ${person.displayName}">${person.active ? "Sign in as" : "Try to sign in"}</button></form>`;
}

function button(
  person: CurrentPerson,
  action: string,
  label: string,
  csrf: Markup,
  look = "",
): Markup {
  return markup`<form method="post" action="/people/${person.key}/${action}" data-live>${csrf}<button class="button ${look}" id="${action}-${person.key}" type="submit" aria-label="${label} ${person.displayName}">${label}</button></form>`;
}

function moveForm(person: CurrentPerson, csrf: Markup): Markup {
  const options = GROUPS.filter((group) => group.key !== "everyone").map(
    (group) =>
      markup`<option value="${group.key}"${isOnlyGroup(person, group.key) ? markup` disabled` : ""}>${group.displayName}</option>`,
  );
  return markup`<form method="post" action="/people/${person.key}/move" class="inline-form" data-live>${csrf}<label class="visually-hidden" for="group-${person.key}">Move ${person.displayName} to group</label><select id="group-${person.key}" name="group" required><option value="">Move to…</option>${options}</select><button class="button" id="move-${person.key}" type="submit" aria-label="Move ${person.displayName}">Move</button></form>`;
}

function isOnlyGroup(person: CurrentPerson, key: string): boolean {
  return person.currentGroups.filter((one) => one !== "everyone").join() === key;
}

function renameForm(person: CurrentPerson, csrf: Markup): Markup {
  return markup`<form method="post" action="/people/${person.key}/rename" class="inline-form" data-live>${csrf}<label for="name-${person.key}">New family name</label><input id="name-${person.key}" name="familyName" required maxlength="60" value="${person.familyName}" dir="auto"><button class="button" id="rename-${person.key}" type="submit">Rename</button></form>`;
}
