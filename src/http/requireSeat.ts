import type { Request, RequestHandler, Response } from "express";
import type { Access, AccessRefusal, Question } from "../domain/answers/access.js";
import type { Id, User } from "../domain/directory.js";
import { SeatkeeperError, type ErrorCode } from "../errors.js";
import type { SessionKeeper } from "./session.js";

/** What a page behind the gate may use. */
export interface SeatHolder {
  readonly user: User;
  readonly access: Access;
}

export interface SeatDemand {
  readonly product: string;
  /** At least this tier. */
  readonly tier?: string;
}

export interface SeatGate {
  readonly keeper: SessionKeeper;
  readonly actions: { askSeat(organisationId: Id, question: Question): Promise<Access> };
}

const CODE_OF: Readonly<Record<AccessRefusal, ErrorCode>> = {
  tierTooLow: "Forbidden",
  inactive: "Inactive",
  noSeat: "NotEligible",
  waiting: "PoolFull",
  restricted: "PoolFull",
  excluded: "Excluded",
  tierConflict: "TierConflict",
};

/**
 * Lets through who is signed in and holds a seat of the product (and tier); `seatHolder(response)` then tells who it
 * is. Everybody else goes to the application's error handler as a SeatkeeperError: 401 Unauthorized without a session,
 * 403 or 409 with the reason otherwise.
 */
export function requireSeat({ keeper, actions }: SeatGate, demand: SeatDemand): RequestHandler {
  return async (request: Request, response: Response, next) => {
    const live = await keeper.read(request);
    if (live === null) {
      next(new SeatkeeperError("Unauthorized", { sentence: "Please sign in." }));
      return;
    }
    const { user } = live;
    const access = await actions.askSeat(user.organisationId, { userId: user.id, ...demand });
    if (!access.permitted) {
      next(refusal(demand, access));
      return;
    }
    (response.locals as { seatHolder?: SeatHolder }).seatHolder = { user, access };
    next();
  };
}

export function seatHolder(response: Response): SeatHolder {
  const { seatHolder: holder } = response.locals as { seatHolder?: SeatHolder };
  if (holder === undefined) {
    throw new TypeError("a handler without requireSeat in front asked who holds the seat");
  }
  return holder;
}

function refusal({ product, tier }: SeatDemand, access: Access): SeatkeeperError {
  if (access.reason === "tierTooLow") {
    const sentence = `This needs the tier ${tier ?? ""} of ${product}; your seat is ${access.tier ?? "none"}.`;
    return new SeatkeeperError("Forbidden", { sentence, detail: "tierTooLow" });
  }
  const code = access.reason === null ? "Forbidden" : CODE_OF[access.reason];
  const place =
    access.waiting === null
      ? ""
      : ` You are number ${String(access.waiting.position)} on the waiting list.`;
  const when = access.evictableWords === undefined ? "" : ` ${access.evictableWords}`;
  const plain = new SeatkeeperError(code);
  const more = place + when;
  return more === "" ? plain : new SeatkeeperError(code, { sentence: plain.message + more });
}
