/** As part of a requirement: a claim that no exclusion outweighs, for a while (docs/adr/0044). */
export interface BreakGlass {
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Who gave it, in words. */
  readonly by: string;
  readonly reason: string;
  /** The chain of each exclusion that it beats, as in `Reason`. Empty: there is none now. */
  readonly despite: readonly (readonly string[])[];
}
