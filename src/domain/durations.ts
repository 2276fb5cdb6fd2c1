/** In milliseconds, as all times are. Days of a calendar, which may be shorter or longer, are billing/days.ts. */
export const DAY_MS = 86_400_000;
