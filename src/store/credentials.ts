import type { ApiToken, Connection, Organisation } from "../domain/directory.js";
import type { Changes } from "../domain/snapshot.js";
import type { Credentials } from "../ports.js";
import { administerTenants } from "./administration/tenants.js";
import { administerTokens } from "./administration/tokens.js";
import { createClients } from "./clients.js";
import type { Context } from "./context.js";
import { ShortMemory } from "./shortMemory.js";
import type { Writer } from "./write.js";

/**
 * What each request asks first: whose token is it, and which connection does it name? Answers are kept for a moment,
 * so that a busy connection asks the database twice in half a second and not twice in each request (docs/performance.md).
 */
export interface RememberedCredentials {
  readonly credentials: Credentials;
  /** A writer after whose work nothing is remembered: what this node changes, it sees at once. */
  readonly forgetting: (writer: Writer) => Writer;
  /** After a commit in which somebody left or lost a role: the tokens of who may do nothing any more end with it. */
  readonly forgettingWhoLeft: (write: Writer["write"]) => Writer["write"];
}

export function rememberCredentials(context: Context): RememberedCredentials {
  const tokens = new ShortMemory<ApiToken>();
  const accessTokens = new ShortMemory<ApiToken>();
  const connections = new ShortMemory<Connection>();
  const organisations = new ShortMemory<Organisation>();
  const { findToken, touchToken } = administerTokens(context);
  const { findConnection, findOrganisation } = administerTenants(context);
  const clients = createClients(context);

  /** Also after a failure: a lost connection may have committed. */
  async function thenForget<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      tokens.clear();
      accessTokens.clear();
      connections.clear();
      organisations.clear();
    }
  }

  return {
    credentials: {
      findToken: (publicId) => tokens.find(publicId, () => findToken(publicId)),
      findAccessToken: (publicId) =>
        accessTokens.find(publicId, () => clients.findAccessToken(publicId)),
      findConnection: (id) => connections.find(id, () => findConnection(id)),
      findOrganisation: (named) => organisations.find(named, () => findOrganisation(named)),
      touchToken,
    },
    forgettingWhoLeft: (write) => async (organisationId, work) => {
      const seen = { hasLeft: false };
      try {
        return await write(organisationId, (tx) =>
          work({
            load: (needs) => tx.load(needs),
            save: (changes) => {
              seen.hasLeft ||= endsAccess(changes);
              return tx.save(changes);
            },
          }),
        );
      } finally {
        if (seen.hasLeft) tokens.clear();
      }
    },
    forgetting: (writer) => ({
      ...writer,
      locked: (organisationId, work) => thenForget(writer.locked(organisationId, work)),
      founding: (organisationId, work) => thenForget(writer.founding(organisationId, work)),
      change: (work) => thenForget(writer.change(work)),
    }),
  };
}

function endsAccess({ usersUpdated, usersDeleted, principalsSaved }: Changes): boolean {
  if (usersDeleted.length + principalsSaved.length > 0) return true;
  return usersUpdated.some(({ row }) => !row.active);
}
