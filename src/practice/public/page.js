/**
 * Makes the page live: forms are sent in the background and the parts that changed are replaced by what the server
 * wrote. All markup comes from the server, so the page is the same without this file, only less smooth.
 */

const PARTS = ["people", "pools", "happened", "dialect"];

document.documentElement.classList.add("scripted");

const search = document.getElementById("search");
search?.addEventListener("input", applySearch);
search?.form?.addEventListener("submit", (event) => event.preventDefault());

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
    if (!response.ok) throw new Error(`status ${response.status}`);
    show(await response.text());
    busy.textContent = "Done.";
  } catch {
    // The server is gone, slow or was started again meanwhile: the page as it is now says more than a guess would.
    location.reload();
  } finally {
    document.body.classList.remove("busy");
  }
  restoreFocus(focused);
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const id of PARTS) {
    const from = fresh.getElementById(id);
    const to = document.getElementById(id);
    if (from && to) to.replaceChildren(...from.childNodes);
  }
  applySearch();
}

/** The button that was pressed may be gone ("Deactivate" became "Reactivate"): then the result has the focus. */
function restoreFocus(id) {
  const target = (id && document.getElementById(id)) || document.getElementById("happened-title");
  target?.focus({ preventScroll: true });
  // On a narrow screen the result stands above the list.
  const result = document.getElementById("happened-title");
  if (result.getBoundingClientRect().bottom < 0) result.scrollIntoView();
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
