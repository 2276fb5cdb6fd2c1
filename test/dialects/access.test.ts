import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { onEachDatabase } from "../e2e/databases.js";
import { startIssuer, type Claims, type TestIssuer } from "../support/issuer.js";
import {
  askToken,
  assertionForm,
  AUDIENCE,
  basic,
  expectAccess,
  newClient,
  refusalSeen,
  secretForm,
  SUBJECT,
  trust,
} from "./access.js";
import { addUser, dialectWorld } from "./world.js";

/** Cases 28 and 29: how Entra gets its access, over sockets, on both databases. */

onEachDatabase("Entra at the token endpoint", (freshDatabaseUrl) => {
  const world = dialectWorld("entra", freshDatabaseUrl);
  let issuer: TestIssuer;
  let forger: TestIssuer;

  beforeAll(async () => {
    const claims: Claims = { subject: SUBJECT, audience: AUDIENCE, now: () => Date.now() };
    issuer = await startIssuer(claims);
    // The same issuer by name and key id, with a key of its own.
    forger = await startIssuer(claims);
  });

  afterAll(async () => {
    await issuer.close();
    await forger.close();
  });

  it.each(["body", "body, with a scope", "Basic header"])(
    "case 28 (Entra): client credentials in the %s give a token that lists users",
    async (where) => {
      const client = await newClient(world);
      await addUser(world.idp);
      const ask = (secret: string) =>
        where.startsWith("body")
          ? askToken(
              world,
              secretForm({ ...client, secret }, where.endsWith("scope") ? { scope: "any" } : {}),
            )
          : askToken(world, { grant_type: "client_credentials" }, basic({ id: client.id, secret }));

      await expectAccess(world, await ask(client.secret));

      const wrong = await ask(`${client.secret}x`);
      expect([wrong.status, wrong.body.error]).toEqual([401, "invalid_client"]);
    },
  );

  it("case 29 (Entra): a signed assertion gives a token, whatever else is in the form", async () => {
    await trust(world, issuer);
    const v1 = await issuer.sign({ iss: issuer.issuer });
    const v2 = await issuer.sign({ iss: `${issuer.issuer}/v2.0` });

    await expectAccess(world, await askToken(world, assertionForm(v1)));
    await expectAccess(world, await askToken(world, assertionForm(v2)));
    const named = assertionForm(v2, { client_id: AUDIENCE, scope: "any", resource: "any" });
    await expectAccess(world, await askToken(world, named));
  });

  it("case 29 (Entra): a wrong audience, issuer, subject or signature is refused alike, and so is a connection that trusts nobody", async () => {
    await trust(world, issuer);
    const other = await world.organisation.connection("entra", { name: "other" });
    const good = await issuer.sign();
    const assertions = {
      audience: await issuer.sign({ aud: "another-application" }),
      issuer: await issuer.sign({ iss: "https://login.microsoftonline.com/9z8y-tenant/v2.0" }),
      subject: await issuer.sign({ sub: "another-principal" }),
      signature: await forger.sign(),
    };

    const seen = new Map<string, string>();
    for (const [what, assertion] of Object.entries(assertions)) {
      seen.set(what, refusalSeen(await askToken(world, assertionForm(assertion))));
    }
    const elsewhere = await askToken(world, assertionForm(good), {}, other.connection.id);
    seen.set("connection", refusalSeen(elsewhere));

    expect([elsewhere.status, elsewhere.body.error]).toEqual([401, "invalid_client"]);
    expect([...seen].filter(([, text]) => text !== refusalSeen(elsewhere))).toEqual([]);
    await expectAccess(world, await askToken(world, assertionForm(good)));
  });
});
