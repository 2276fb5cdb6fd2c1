import type { BreakGlass } from "../domain/emergency/glass.js";
import type { Fact, Id } from "../domain/directory.js";

/** Claims that exclusions do not outweigh (docs/adr/0044-break-glass.md). Part of src/ports.ts, which everybody imports. */

export interface GlassStanding {
  readonly fact: Fact;
  readonly userName: string;
  /** What it beats, as the requirement has it: the chain of each exclusion. */
  readonly despite: BreakGlass["despite"];
  /** Of the groups in these chains, by id. */
  readonly groupNames: ReadonlyMap<Id, string>;
}

/** The last one of the page before. */
export interface GlassPlace {
  readonly userId: Id;
  readonly product: string;
}
