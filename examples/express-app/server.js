import express from "express";
import { createSeatkeeper, seatHolder, SeatkeeperError } from "seatkeeper";

/**
 * A vendor's application with Seatkeeper inside: its customers' identity providers talk to /seatkeeper, and a page is
 * open to whoever is signed in and holds a seat of the right tier.
 */
const port = Number(process.env.PORT ?? 3000);
const dataDir = process.env.DATA_DIR ?? "data";

const seatkeeper = await createSeatkeeper({
  // Allows plain http and a known secret, for this machine only. In production leave it out and say `secrets.master`.
  mode: "practice",
  server: { baseUrl: `http://127.0.0.1:${port}/seatkeeper` },
  database: { url: `sqlite:${dataDir}/seatkeeper.sqlite` },
  log: { level: "warn" },
  // At least once, and for one person in order. A rejected promise means "again later".
  onEvent: (event) => console.log(`${event.type} ${event.userId ?? ""}`),
});

const app = express();
app.disable("x-powered-by");

// Before any body parser: Seatkeeper reads the bodies of its own requests, with limits of its own.
app.use("/seatkeeper", seatkeeper.router);

app.get("/", (_request, response) => {
  response.send(
    page("Acorn Desk", `<p><a href="/desk">The desk</a>, <a href="/reports">the reports</a></p>`),
  );
});

// Any seat of the product will do.
app.get("/desk", seatkeeper.requireSeat({ product: "support" }), (_request, response) => {
  const { user, access } = seatHolder(response);
  const name = escapeHtml(user.displayName ?? user.userName);
  response.send(page("The desk", `<p>Hello ${name}, you work with the tier ${access.tier}.</p>`));
});

// At least this tier.
app.get(
  "/reports",
  seatkeeper.requireSeat({ product: "support", tier: "professional" }),
  (_request, response) => {
    response.send(page("The reports", "<p>Numbers, numbers, numbers.</p>"));
  },
);

// requireSeat hands on why somebody was not let in; what to show is the application's business.
app.use((error, request, response, next) => {
  if (!(error instanceof SeatkeeperError)) {
    next(error);
    return;
  }
  const signIn = error.code === "Unauthorized" ? signInForm(request.originalUrl) : "";
  response
    .status(error.status)
    .send(page("Not yet", `<p>${escapeHtml(error.message)}</p>${signIn}`));
});

const server = app.listen(port, "127.0.0.1", () => {
  console.log(`Acorn Desk is at http://127.0.0.1:${port}`);
});

// Finish what was acknowledged, then let go of the database.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close(() => void seatkeeper.close()));
}

/** Every customer has a connection of its own; a real application knows it from the customer's address or e-mail domain. */
function signInForm(returnTo) {
  const connection = process.env.CONNECTION;
  if (connection === undefined)
    return "<p>Set CONNECTION to the id of a connection to sign in.</p>";
  const address = `/seatkeeper/saml/${connection}/login?returnTo=${encodeURIComponent(returnTo)}`;
  return `<p><a href="${escapeHtml(address)}">Sign in with your company account</a></p>`;
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`;
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
