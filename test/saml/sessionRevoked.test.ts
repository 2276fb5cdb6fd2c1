import { expect, it } from "@jest/globals";
import type { OutboxEvent } from "../../src/domain/history.js";
import { SESSION_REVOKED, sessionRevokedOf } from "../../src/saml/sessionRevoked.js";

const PARTIES = { issuer: "https://seats.example", audience: "https://signals.example" };

function ended(reason: string): OutboxEvent {
  return {
    ...{ id: "s1", organisationId: "org", userId: "ann", type: "session.ended", at: 1_500 },
    data: { userId: "ann", sessionId: "s1", connectionId: "c", reason },
  };
}

it.each([
  ["signedOut", "user"],
  ["revoked", "admin"],
  ["deactivated", "policy"],
])("says in CAEP's words that a session ended because of %s", (reason, initiator) => {
  expect(sessionRevokedOf(ended(reason), PARTIES)).toEqual({
    ...{ iss: PARTIES.issuer, aud: [PARTIES.audience], iat: 1, jti: "s1", txn: "s1" },
    sub_id: {
      format: "complex",
      user: { format: "iss_sub", iss: PARTIES.issuer, sub: "ann" },
      session: { format: "opaque", id: "s1" },
      tenant: { format: "opaque", id: "org" },
    },
    events: {
      [SESSION_REVOKED]: {
        ...{ event_timestamp: 1, initiating_entity: initiator, reason_admin: { en: reason } },
      },
    },
  });
});

it("has nothing to say of anything else", () => {
  expect(sessionRevokedOf({ ...ended("x"), type: "seat.granted" }, PARTIES)).toBeNull();
});
