import type { CurrentPerson, DialectId } from "../state.js";
import type { Exchange } from "../scimClient.js";

/** What the page shows, ready to be written: every decision has been made before. */
export interface PageModel {
  readonly people: readonly PersonRow[];
  readonly pools: readonly PoolBar[];
  readonly dialect: DialectId;
  readonly happening: Happening | null;
  readonly csrfToken: string;
  /** The search of a browser without JavaScript. */
  readonly search: string;
  readonly seatkeeperUrl: string;
}

export interface PersonRow {
  readonly person: CurrentPerson;
  readonly groupNames: readonly string[];
  /** One for each product that has something to say about the person. */
  readonly standings: readonly Standing[];
}

export type SeatKind = "locked" | "shared" | "concurrent";

export interface Standing {
  readonly product: string;
  /** The tier that is needed. */
  readonly tier: string | null;
  readonly addOns: readonly string[];
  readonly seat: { readonly pool: string; readonly kind: SeatKind; readonly tier: string } | null;
  /** 1 is the next to be served, among those who wait for a seat of `waitingFor`. */
  readonly waitingPosition: number | null;
  /** The pools that could give the seat, by name; none when no pool offers it. */
  readonly waitingFor: readonly string[];
  /** Why there is neither a seat nor a place in the list: one short sentence. */
  readonly note: string | null;
  /** Seatkeeper's own explanation. */
  readonly why: string | null;
}

export interface PoolBar {
  readonly name: string;
  readonly product: string;
  readonly tiers: readonly string[];
  readonly kind: SeatKind;
  readonly capacity: number;
  readonly used: number;
  readonly waiting: number;
}

/** One click and everything it set in motion. */
export interface Happening {
  readonly title: string;
  readonly exchanges: readonly Exchange[];
  /** What moved and why, in the order in which it happened. */
  readonly moves: readonly Move[];
  /** A sentence when something was refused. */
  readonly failure: string | null;
}

export interface Move {
  readonly sentence: string;
  /** gained: somebody has more than before; lost: less; other: neither. */
  readonly effect: "gained" | "lost" | "other";
}

export const KIND_TITLES: Readonly<Record<SeatKind, string>> = {
  locked: "locked seat",
  shared: "shared seat",
  concurrent: "lease",
};
