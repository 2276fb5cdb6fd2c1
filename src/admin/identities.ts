import { z } from "zod";
import { connectionOf } from "../actions/administerConnections.js";
import { setupChange } from "../actions/setupChange.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";
import { userNamed } from "./who.js";

/** By which NameIDs a connection knows people, and the end of it (docs/saml.md). */

export const IDENTITY_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/connections/:connection/identities": { DELETE: forget },
};

/** So much must be said that nobody forgets everybody by a slip. */
const forgettingForm = z
  .strictObject({
    user: z.string().min(1, "A text is expected.").max(256, "The text is too long.").optional(),
    everybody: z.literal(true, "true is expected.").optional(),
  })
  .refine(
    ({ user, everybody }) => (everybody === true) !== (user !== undefined),
    "Say whom: user, or everybody: true.",
  );

/** Their next sign-in links them anew, by the connection's rules for a first one. Sessions go on. */
async function forget(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, body, cause } = call;
  const { id: connectionId } = await connectionOf(deps, organisation.id, param("connection"));
  const { user } = body(forgettingForm);
  const person = user === undefined ? null : await userNamed(deps, organisation.id, user);
  const whom = person === null ? {} : { userId: person.id };
  const change = setupChange(deps, cause("identities.forgotten"), { connectionId, ...whom });
  const { administration } = deps.store;
  const which = { connectionId, ...whom };
  return {
    body: { forgotten: await administration.forgetIdentities(organisation.id, which, change) },
  };
}
