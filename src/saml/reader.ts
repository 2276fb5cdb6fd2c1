import type { SamlReader } from "../actions/samlReader.js";
import { SeatkeeperError } from "../errors.js";
import {
  createSafeFetch,
  isInside,
  isLoopback,
  NameRefused,
  type SafeFetch,
} from "../http/safeFetch.js";
import type { Clock } from "../ports.js";
import { invalid } from "./certificates.js";
import { METADATA_LENGTH_MAX } from "./guard.js";
import { checkAddress, readIdentityProvider, readManualProvider } from "./metadata.js";

export interface SamlReaderOptions {
  readonly clock: Clock;
  /** http on this machine, for practice and tests. */
  readonly allowLoopback: boolean;
  /** For tests. */
  readonly fetch?: SafeFetch;
}

const REDIRECTS_MAX = 3;
const TIMEOUT_MS = 5_000;
const FIELD = "saml.metadataUrl";
const URL_LENGTH_MAX = 2_048;

/** The identity provider's side of a connection, wherever it comes from. */
export function createSamlReader({
  clock,
  allowLoopback,
  ...parts
}: SamlReaderOptions): SamlReader {
  const fetch =
    parts.fetch ??
    createSafeFetch({
      allowLoopback,
      redirectsMax: REDIRECTS_MAX,
      timeoutMs: TIMEOUT_MS,
      bytesMax: METADATA_LENGTH_MAX,
    });
  const reading = () => ({ now: clock.now(), allowLoopback });
  return {
    fromMetadata: (xml, entityId) =>
      readIdentityProvider(xml, { ...reading(), ...(entityId === undefined ? {} : { entityId }) }),
    byHand: (values) => readManualProvider(values, reading()),
    address: (url, field) => checkAddress(url, field, reading()),
    isInside,
    isAllowedHere: (url) => allowLoopback && isLoopback(url),
    download: async (url) => {
      if (url.length > URL_LENGTH_MAX) throw invalid(FIELD, "The metadata address is too long.");
      const { status, body } = await fetch(url, {
        accept: "application/samlmetadata+xml, application/xml, text/xml",
      }).catch((error: unknown) => {
        throw unreadable(error);
      });
      if (status !== 200) {
        throw invalid(FIELD, `The metadata address cannot be read: it answers ${String(status)}.`);
      }
      return body;
    },
  };
}

/** The whole reason is in the log. */
function unreadable(cause: unknown): SeatkeeperError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const why =
    cause instanceof NameRefused ? "its name leads nowhere in the public internet" : detail;
  const sentence = `The metadata address cannot be read: ${why}.`;
  return new SeatkeeperError("InvalidValue", { field: FIELD, sentence, detail, cause });
}
