import type { Leniency, Plugin } from "../plugin.js";

/**
 * What holds for a connection whose plugin says nothing (docs/plugins.md has the reasons).
 * `null` and an empty list clear an attribute under every setting: RFC 7643 §2.5 calls them the same state.
 */
export const DEFAULT_LENIENCY: Leniency = {
  createOnMissingTarget: false,
  emptyMeansClear: true,
  ignoreUnknownAttributes: true,
  missingSchemas: true,
  textBooleans: true,
  unquotedFilterValues: true,
  pathlessPatch: true,
  partialReplace: true,
  ignoreUnknownMembers: true,
  keepMemberDisplay: true,
  refuseRepeatedGroups: true,
};

/** No liberties at all: the RFC's own answers, and those of the interoperability profile (draft-zollner-scim-interop-profile-02). */
export const STRICT: Leniency = {
  createOnMissingTarget: false,
  emptyMeansClear: false,
  ignoreUnknownAttributes: false,
  missingSchemas: false,
  textBooleans: false,
  unquotedFilterValues: false,
  pathlessPatch: false,
  partialReplace: false,
  ignoreUnknownMembers: false,
  keepMemberDisplay: true,
  refuseRepeatedGroups: false,
};

/** The liberties of one request. Whoever takes one says so, in words for the administrator and without the value. */
export interface Liberties extends Leniency {
  readonly taken?: (line: string) => void;
}

/** For the trail: "emails.primary \"True\" -> true". */
export function noteTaken({ taken }: Pick<Liberties, "taken">, line: string): void {
  taken?.(line);
}

export function leniencyOf(plugin: Plugin): Leniency {
  return { ...DEFAULT_LENIENCY, ...plugin.leniency };
}
