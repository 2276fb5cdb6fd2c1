/**
 * Jest's runtime with one addition: what V8 has compiled is kept for the worker's next test file.
 *
 * Each test file has its own copy of every module, which keeps the files apart. But the same 1,500 files of
 * libraries were parsed anew for each, which was a third of what loading cost. Only the compiled code is shared; it is used
 * when the text is the same, and V8 refuses what was not made by itself.
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

// The runtime that this Jest was made for, wherever npm has put it.
const ofJest = createRequire(require.resolve("jest"));
module.exports = createRequire(ofJest.resolve("@jest/core"))("jest-runtime");
