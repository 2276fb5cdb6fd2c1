import type { SamlReader } from "../actions/samlReader.js";
import type { Config } from "../config.js";
import { loadPlugins } from "../pluginLoader.js";
import type { Clock, Logger, Store } from "../ports.js";
import { createSamlReader } from "../saml/reader.js";
import { systemIds } from "../store/ids.js";

/** The parts of the server that commands share with it. */

export { systemIds } from "../store/ids.js";

export async function openStore(config: Config, logger: Logger): Promise<Store> {
  // Help and mistakes in the usage are answered without it.
  const { createStore } = await import("../store/index.js");
  const { url, poolSize } = config.database;
  const pushEvents = config.eventPush !== null;
  return createStore({ url, poolSize, ids: systemIds, logger, pushEvents });
}

/** A plugin that cannot be loaded is refused here as at the start of the server. */
export function loadedPlugins(config: Config): ReturnType<typeof loadPlugins> {
  return loadPlugins(config.plugins, []);
}

export async function pluginIds(config: Config): Promise<string[]> {
  return [...(await loadedPlugins(config)).keys()];
}

export function samlReader(config: Config, clock: Clock): SamlReader {
  return createSamlReader({ clock, allowLoopback: config.mode === "practice" });
}
