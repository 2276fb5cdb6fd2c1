import { connectionOf } from "../actions/administerConnections.js";
import { certificatesOf, type CertificatesReport } from "../actions/certificateReport.js";
import { time, timeOrNull } from "./present.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** The certificates of an identity provider, and the metadata that they come from (docs/sign-in-trust.md). */

const CONNECTION = "/organisations/:org/connections/:connection";

export const CERTIFICATE_ROUTES: Routes<OrganisationCall> = {
  [`${CONNECTION}/certificates`]: { GET: async (call) => ({ body: await report(call) }) },
  [`${CONNECTION}/metadata/refresh`]: { POST: refreshNow },
};

async function refreshNow(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, cause } = call;
  const connection = await connectionOf(deps, organisation.id, param("connection"));
  await deps.trust.refreshMetadata(connection, cause("connection.metadataRefreshed"));
  return { body: await report(call) };
}

async function report({ deps, organisation, param }: OrganisationCall) {
  const connection = await connectionOf(deps, organisation.id, param("connection"));
  return presentCertificates(await certificatesOf(deps.store, connection));
}

export function presentCertificates({ metadata, certificates }: CertificatesReport) {
  return {
    metadata: metadata === null ? null : presentMetadata(metadata),
    items: certificates.map(({ fingerprint, subject, state, expiresAt, daysLeft, ...uses }) => ({
      fingerprint,
      subject,
      state,
      expiresAt: time(expiresAt),
      daysLeft,
      verifiedAt: timeOrNull(uses.verifiedAt),
    })),
  };
}

function presentMetadata(state: NonNullable<CertificatesReport["metadata"]>) {
  const { url, refreshedAt, nextRefreshAt, failedAt, failures, failure } = state;
  return {
    url,
    refreshedAt: timeOrNull(refreshedAt),
    nextRefreshAt: time(nextRefreshAt),
    failedAt: timeOrNull(failedAt),
    failures,
    failure,
  };
}
