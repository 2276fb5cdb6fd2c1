/**
 * Makes the page live: forms are sent in the background and the parts that changed are replaced by what the server
 * wrote. All markup comes from the server, so the page is the same without this file, only less smooth.
 */

const PARTS = ["people", "pools", "happened", "dialect"];

/** What has to be said after the page was loaded again, under this key. */
const NOTE = "practice-note";

document.documentElement.classList.add("scripted");

/** The server has left out whom a search in the address does not find. */
let isPartial = new URL(location.href).searchParams.has("q");

const search = document.getElementById("search");
search?.addEventListener("input", () => {
  remember(search.value);
  if (isPartial) void showEverybody();
  else applySearch();
});
search?.form?.addEventListener("submit", (event) => event.preventDefault());

const note = sessionStorage.getItem(NOTE);
sessionStorage.removeItem(NOTE);
if (note) tell(note);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-live]")) return;
  event.preventDefault();
  void send(form, event.submitter);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("#dialect");
  if (form) form.requestSubmit();
});

/** Posts a form and shows what the server makes of it. */
async function send(form, submitter) {
  const busy = document.getElementById("busy");
  if (document.body.classList.contains("busy")) return;
  const focused = submitter?.id;
  document.body.classList.add("busy");
  busy.textContent = "Working…";
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) {
      loadAgain(messageOf(text));
      return;
    }
    show(text);
    busy.textContent = "Done.";
  } catch {
    // What is on the screen stays: there is nothing to load it from.
    busy.textContent = "";
    tell("The practice mode does not answer. Is it still running? Then load the page again.");
    return;
  } finally {
    document.body.classList.remove("busy");
  }
  restoreFocus(focused);
}

/** The page as it is now, and above it why the click came to nothing. */
function loadAgain(message) {
  sessionStorage.setItem(NOTE, message);
  location.reload();
}

/** The page that the server answered with has one heading and one sentence. */
function messageOf(html) {
  const main = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  const words = ["h1", "p"].map((name) => main?.querySelector(name)?.textContent ?? "");
  return words.filter((text) => text !== "").join(". ") || "That did not work.";
}

function tell(message) {
  document.getElementById("note")?.remove();
  const note = document.createElement("p");
  note.id = "note";
  note.className = "problem";
  note.setAttribute("role", "alert");
  note.textContent = message;
  document.getElementById("happened").prepend(note);
  restoreFocus();
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  isPartial = false;
  for (const id of PARTS) {
    const from = fresh.getElementById(id);
    const to = document.getElementById(id);
    if (from && to) to.replaceChildren(...from.childNodes);
  }
  applySearch();
}

/**
 * The button that was pressed may be gone ("Deactivate" became "Reactivate"): then the result has the focus. Or it is
 * folded away again: then what opens it has it.
 */
function restoreFocus(id) {
  const button = id ? document.getElementById(id) : null;
  const folded = button?.closest("details:not([open])")?.querySelector("summary");
  const target = folded ?? button ?? document.getElementById("happened-title");
  target?.focus({ preventScroll: true });
  // On a narrow screen the result stands above the list.
  const result = document.getElementById("happened-title");
  if (result.getBoundingClientRect().bottom < 0) result.scrollIntoView();
}

async function showEverybody() {
  const response = await fetch("/").catch(() => null);
  if (response?.ok) show(await response.text());
}

/** In the address, so that the search is still there when the page is loaded again. */
function remember(text) {
  const url = new URL(location.href);
  if (text === "") url.searchParams.delete("q");
  else url.searchParams.set("q", text);
  history.replaceState(null, "", url);
}

function applySearch() {
  if (!search) return;
  const words = search.value.toLowerCase().split(/\s+/);
  const rows = [...document.querySelectorAll("#people > tr")];
  for (const row of rows) row.hidden = !words.every((word) => row.dataset.search.includes(word));
  const found = rows.filter((row) => !row.hidden).length;
  const count = document.getElementById("count");
  if (!count) return;
  count.textContent =
    found === rows.length ? `${rows.length} people` : `${found} of ${rows.length} people`;
}
