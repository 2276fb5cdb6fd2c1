/** Limits that no test reaches by accident: hundreds of refusals in a second are what some tests are about. */
export const GENEROUS = {
  scimRequestsPerSecond: 100_000,
  refusalsPerMinute: 1_000_000,
  tokenRequestsPerMinute: 1_000_000,
  apiRequestsPerSecond: 100_000,
  signInsPerMinute: 1_000_000,
  publicRequestsPerMinute: 1_000_000,
} as const;
