import { SeatkeeperError } from "../../src/errors.js";

/** What a call that must be refused answers; anything but a SeatkeeperError is a fault of ours and comes through. */
export function refusal(call: () => unknown): Pick<SeatkeeperError, "code" | "field" | "message"> {
  try {
    call();
  } catch (error) {
    if (error instanceof SeatkeeperError) {
      return { code: error.code, field: error.field, message: error.message };
    }
    throw error;
  }
  throw new Error("the call was not refused");
}
