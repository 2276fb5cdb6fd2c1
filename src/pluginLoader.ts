import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { builtInPlugins } from "../plugins/index.js";
import { SeatkeeperError } from "./errors.js";
import { definePlugin } from "./plugin.js";
import type { Plugin } from "./plugin.js";

/**
 * All plugins of a deployment by id: the built-in ones, those named in the configuration, those of the application.
 * @throws SeatkeeperError InvalidConfiguration when one cannot be loaded, or when two have one id
 */
export async function loadPlugins(
  specifiers: readonly string[],
  own: readonly Plugin[],
): Promise<Map<string, Plugin>> {
  const named = await Promise.all(
    specifiers.map(async (specifier) => ({
      from: `The plugin "${specifier}"`,
      plugin: await loadPlugin(specifier, process.cwd()),
    })),
  );
  const given = own.map((plugin) => ({
    from: "A plugin of the application",
    plugin: definePlugin(plugin),
  }));
  const plugins = new Map(Object.entries(builtInPlugins));
  for (const { from, plugin } of [...named, ...given]) {
    if (plugins.has(plugin.id)) {
      throw new SeatkeeperError("InvalidConfiguration", {
        field: "plugins",
        sentence: `${from} has the id "${plugin.id}", which another plugin has already.`,
      });
    }
    plugins.set(plugin.id, plugin);
  }
  return plugins;
}

/**
 * Loads a plugin from outside: a package name, or a path that begins with "." or "/". The module exports the plugin,
 * or a factory that makes it, as `plugin` or as its default.
 *
 * @param from the folder from which names and paths are resolved; that of the configuration file
 * @throws SeatkeeperError InvalidConfiguration naming the specifier
 */
export async function loadPlugin(specifier: string, from: string): Promise<Plugin> {
  const exported = pluginIn(await importModule(specifier, from));
  try {
    const made: unknown = typeof exported === "function" ? callFactory(exported) : exported;
    return definePlugin(asPlugin(made));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(specifier, `does not export a plugin: ${reason}`, error);
  }
}

async function importModule(specifier: string, from: string): Promise<unknown> {
  try {
    const module: unknown = await import(resolve(specifier, from));
    return module;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(specifier, `cannot be loaded: ${reason}`, error);
  }
}

/** From the folder of the configuration first; a package beside Seatkeeper itself is found by its name alone. */
function resolve(specifier: string, from: string): string {
  const require = createRequire(join(from, "configuration.js"));
  try {
    return pathToFileURL(require.resolve(specifier)).href;
  } catch {
    const entry = importEntry(specifier, require.resolve.paths(specifier) ?? []);
    return entry === null ? specifier : pathToFileURL(entry).href;
  }
}

/** The entry of a package that can only be imported: `require.resolve` does not see it. */
function importEntry(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const manifest = join(folder, name, "package.json");
    if (existsSync(manifest)) {
      const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { exports?: unknown };
      const entry = targetOf(isRecord(exports) && "." in exports ? exports["."] : exports);
      return entry === null ? null : join(folder, name, entry);
    }
  }
  return null;
}

/** Node's conditions for an import, in the order of the manifest. */
function targetOf(target: unknown): string | null {
  if (typeof target === "string") {
    return target;
  }
  const conditions = isRecord(target) ? Object.entries(target) : [];
  const chosen = conditions.find(([name]) => ["node", "import", "default"].includes(name));
  return chosen === undefined ? null : targetOf(chosen[1]);
}

/** `plugin`, or the default; a CommonJS package arrives as the default of its default. */
function pluginIn(module: unknown): unknown {
  if (!isRecord(module)) {
    return undefined;
  }
  const { plugin, default: fallback } = module;
  if (plugin !== undefined) {
    return plugin;
  }
  const isWrapper = isRecord(fallback) && !("id" in fallback);
  return isWrapper ? (fallback["plugin"] ?? fallback["default"]) : fallback;
}

function callFactory(factory: unknown): unknown {
  return (factory as () => unknown)();
}

function asPlugin(value: unknown): Plugin {
  if (!isRecord(value) || typeof value["id"] !== "string" || typeof value["title"] !== "string") {
    throw new TypeError("it needs an id and a title");
  }
  return value as unknown as Plugin;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function unusable(specifier: string, problem: string, cause: unknown): SeatkeeperError {
  return new SeatkeeperError("InvalidConfiguration", {
    field: "plugins",
    sentence: `The plugin "${specifier}" ${problem}`,
    cause,
  });
}
