/**
 * Jest's runtime with two additions that make loading cheaper, because a test of the server loads 1,500 files of libraries.
 *
 * What V8 has compiled is kept for the worker's next test file. Each file has its own copy of every module, which keeps the
 * files apart; only the compiled code is shared, and it is used when the text is the same.
 *
 * The heaviest libraries are loaded once for a worker, as Node's own modules are. They keep nothing that one test file
 * could see of another, and do not ask whether a date or an error was made by the classes of their own world.
 */
const { createRequire } = require("node:module");
const vm = require("node:vm");

const compiled = new Map();

/** Code that imports as it runs, or asks where it is, does so through its own module, which compiled code has forgotten. */
const ASKS_ITS_MODULE = /\bimport\s*[.(/]/;

function known(name, code) {
  const entry = compiled.get(name);
  return entry?.code === code ? entry.data : undefined;
}

if (vm.SourceTextModule !== undefined) {
  const { compileFunction, SourceTextModule } = vm;

  vm.compileFunction = function (code, parameters, options = {}) {
    if (ASKS_ITS_MODULE.test(code)) return compileFunction(code, parameters, options);
    const name = `script ${options.filename}`;
    const cachedData = known(name, code);
    if (cachedData !== undefined) {
      return compileFunction(code, parameters, { ...options, cachedData });
    }
    const made = compileFunction(code, parameters, { ...options, produceCachedData: true });
    compiled.set(name, { code, data: made.cachedData });
    return made;
  };

  vm.SourceTextModule = class extends SourceTextModule {
    constructor(code, options = {}) {
      const name = `module ${options.identifier}`;
      const cachedData = known(name, code);
      super(code, cachedData === undefined ? options : { ...options, cachedData });
      if (cachedData === undefined && !ASKS_ITS_MODULE.test(code)) {
        compiled.set(name, { code, data: this.createCachedData() });
      }
    }
  };
}

const LOADED_ONCE =
  /\/node_modules\/(?:sequelize|@appthreat\/sqlite3|mysql2|yaml|umzug|passport|@node-saml|xml-crypto|@xmldom)\//;

// The runtime that this Jest was made for, wherever npm has put it.
const ofJest = createRequire(require.resolve("jest"));
const { default: Runtime } = createRequire(ofJest.resolve("@jest/core"))("jest-runtime");

class SparingRuntime extends Runtime {
  requireModuleOrMock(from, moduleName) {
    if (LOADED_ONCE.test(moduleName)) return require(moduleName);
    return super.requireModuleOrMock(from, moduleName);
  }
}
module.exports = { __esModule: true, default: SparingRuntime };
