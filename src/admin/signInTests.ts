import { connectionOf } from "../actions/administerConnections.js";
import { createSignInTest, signInTestOf, type NewSignInTest } from "../actions/signInTests.js";
import { actorOf } from "../domain/administration/delegation.js";
import type { Connection } from "../domain/directory.js";
import type { SignInTest } from "../ports/signInTests.js";
import { time, timeOrNull } from "./present.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** Practice sign-ins of a connection: made here, done in a browser, read here. */

const TESTS = "/organisations/:org/connections/:connection/sign-in-tests";

export const SIGN_IN_TEST_ROUTES: Routes<OrganisationCall> = {
  [TESTS]: { POST: addTest },
  [`${TESTS}/:test`]: { GET: showTest },
};

async function addTest(call: OrganisationCall): Promise<Reply> {
  const { deps, token, cause } = call;
  const connection = await addressed(call);
  const test = await createSignInTest(
    deps,
    connection,
    actorOf(token),
    cause("signInTest.created"),
  );
  return { status: 201, body: presentNewTest(connection, test, deps.baseUrl) };
}

async function showTest(call: OrganisationCall): Promise<Reply> {
  const test = await signInTestOf(call.deps, await addressed(call), call.param("test"));
  return { body: presentTest(test) };
}

function addressed({ deps, organisation, param }: OrganisationCall): Promise<Connection> {
  return connectionOf(deps, organisation.id, param("connection"));
}

/** `url` is shown this once. */
export function presentNewTest(connection: Connection, test: NewSignInTest, baseUrl: string) {
  const { id, secret, expiresAt } = test;
  const url = `${baseUrl}/saml/${connection.id}/test/${secret}`;
  return { id, url, expiresAt: time(expiresAt) };
}

export function presentTest(test: SignInTest) {
  const { id, connectionId, createdBy, createdAt, expiresAt, startedAt, finishedAt } = test;
  return {
    id,
    connectionId,
    state: finishedAt !== null ? "done" : startedAt !== null ? "begun" : "waiting",
    createdBy,
    createdAt: time(createdAt),
    expiresAt: time(expiresAt),
    startedAt: timeOrNull(startedAt),
    finishedAt: timeOrNull(finishedAt),
    report: test.report,
  };
}
