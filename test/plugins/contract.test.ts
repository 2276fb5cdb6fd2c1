import { describe, expect, it } from "@jest/globals";
import { builtInPlugins } from "../../plugins/index.js";
import { describePlugin, fixturesOf } from "./contract.js";

for (const [id, plugin] of Object.entries(builtInPlugins)) {
  describePlugin(plugin, fixturesOf(id));
}

describe("the registry", () => {
  it("has each plugin under its own id, ready made and unchangeable", () => {
    for (const [id, plugin] of Object.entries(builtInPlugins)) {
      expect(plugin.id).toBe(id);
      expect(Object.isFrozen(plugin)).toBe(true);
    }
  });

  it("has a generic plugin that changes nothing", () => {
    expect(Object.keys(builtInPlugins["generic"] ?? {}).sort()).toEqual(["id", "setup", "title"]);
  });
});
