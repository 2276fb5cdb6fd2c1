/**
 * Engset's loss model: so many seats for a staff of finite size, each of whom is at work for a share of the time.
 * Erlang's model assumes endlessly many customers and asks for too many seats in a company (T. Murtojaervi and others,
 * Determining the Proper Number and Price of Software Licenses, IEEE TSE 33(5), 2007).
 */
export interface Staff {
  readonly people: number;
  /** Share of the time in which one of them would be at work if nobody were ever refused: 0 to 1, not 1. */
  readonly busyShare: number;
}

/** The probability that somebody who comes is refused (call congestion). */
export function engsetRefusal({ people, busyShare }: Staff, seats: number): number {
  if (seats >= people || busyShare <= 0) return 0;
  const load = busyShare / (1 - busyShare);
  let refusal = 1;
  for (let taken = 1; taken <= seats; taken += 1) {
    // Who comes sees the others only: people - 1 of them.
    const offered = (people - taken) * load * refusal;
    refusal = offered / (taken + offered);
  }
  return refusal;
}

/** The smallest number of seats at which at most this share of those who come is refused. */
export function seatsFor(staff: Staff, refusalMax: number): number {
  for (let seats = 0; seats < staff.people; seats += 1) {
    if (engsetRefusal(staff, seats) <= refusalMax) return seats;
  }
  return staff.people;
}
