import {
  createSeatkeeper,
  definePlugin,
  type ErrorCode,
  type Plugin,
  type Seatkeeper,
  type SeatkeeperOptions,
} from "seatkeeper";

export const plugin: Plugin = definePlugin({ id: "acme", title: "Acme" });
export const create: (options: SeatkeeperOptions) => Promise<Seatkeeper> | Seatkeeper =
  createSeatkeeper;
export const code: ErrorCode = "PoolFull";

// @ts-expect-error: a plugin without a title is refused at compile time already.
definePlugin({ id: "acme" });
