import type { Id, Seat } from "../directory.js";
import type { DueContraction, Exemption, Resource } from "./rows.js";

/** What a decision of the clock about seats is given besides people and pools. Empty for every other decision. */
export interface UpkeepRows {
  /** Seats whose next look is due. */
  readonly due: readonly Seat[];
  /** Of everybody in `due`, and of groups. */
  readonly exemptions: readonly Exemption[];
  /** Reductions whose date has come, each with the seats that are first to go. */
  readonly contractions: readonly DueContraction[];
}

/** Part of `Needs`. */
export interface ReclaimNeeds {
  /** Seats whose next look is due, and reductions whose date has come: at most so many seats of each. */
  readonly upkeep?: number;
  /** Resources by their keys, with their owners' other resources; the owners are not loaded. */
  readonly resources?: readonly { readonly kind: string; readonly id: string }[];
  /** Of these pools: how many seats have to go because there are too many. */
  readonly going?: readonly Id[];
  /** Whether anybody but this person has the role. */
  readonly holders?: readonly { readonly role: string; readonly otherThan: Id }[];
}

/** Part of `Snapshot`. */
export interface ReclaimRows {
  /** Only where it was asked for. */
  readonly upkeep?: UpkeepRows;
  /** Pool id -> seats that have to go because there are too many: of the pools asked for, and those of `upkeep.contractions`. */
  readonly going?: ReadonlyMap<Id, number>;
  /**
   * Of everybody whose seat is in this snapshot, and what those people had before they lost theirs; and those asked for. Absent:
   * the organisation has none.
   */
  readonly resources?: readonly Resource[];
  /** Of the users whom a pool names in `transferTo`: those who are active, with the products of which they have a seat. */
  readonly heirs?: ReadonlyMap<Id, ReadonlySet<string>>;
  /** `holderKey` of those asked for where somebody active has the role. */
  readonly heldByOthers?: ReadonlySet<string>;
}

/** Part of `Changes`. */
export interface ReclaimChanges {
  /** Insert or replace by (kind, id). */
  readonly resourcesSet: Resource[];
  readonly resourcesRemoved: Resource[];
  readonly contractionsDone: Id[];
}

export function seatsOf({ due, contractions }: UpkeepRows): Seat[] {
  return [...due, ...contractions.flatMap(({ seats }) => seats)];
}

interface Loaded {
  readonly upkeep: UpkeepRows | undefined;
  readonly going: ReadonlyMap<Id, number> | undefined;
}

/** Part of the working copy (world.ts). */
export class Upkeep {
  readonly exemptions: Exemption[] = [];
  readonly contractions: DueContraction[] = [];
  /** Reductions that are done with: the capacity is lowered, and everybody who has to go knows it. */
  readonly contractionsDone: Id[] = [];
  /** Pool id -> seats that had to go because there were too many, before this batch (`goingFrom`). */
  readonly going = new Map<Id, number>();
  #due: Id[] = [];

  load({ upkeep, going }: Loaded): void {
    going?.forEach((seats, poolId) => this.going.set(poolId, seats));
    if (upkeep === undefined) return;
    const { due, exemptions, contractions } = upkeep;
    this.#due.push(...due.map(({ id }) => id));
    this.exemptions.push(...exemptions);
    this.contractions.push(...contractions);
  }

  due(): readonly Id[] {
    return this.#due;
  }

  /** Each is handed out once. */
  takeDue(): Id[] {
    const ids = this.#due;
    this.#due = [];
    return ids;
  }
}
