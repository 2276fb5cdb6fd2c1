import { builtInPlugins } from "../plugins/index.js";
import type { Plugin } from "./plugin.js";
export async function loadPlugins(_specifiers: readonly string[], own: readonly Plugin[]): Promise<Map<string, Plugin>> {
  await Promise.resolve();
  return new Map([...Object.values(builtInPlugins), ...own].map((plugin) => [plugin.id, plugin]));
}
