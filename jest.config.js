/** Tests run as ES modules through swc; types are checked by `npm run types`. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2023", parser: { syntax: "typescript" } } }],
  },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  // A patience, not a measure: what has to be quick says so itself.
  testTimeout: 60_000,
  // More than the cores of a small machine: a test that waits for a server or a database leaves its core to others.
  maxWorkers: 3,
  runtime: "<rootDir>/test/support/runtime.cjs",
  testSequencer: "<rootDir>/test/sequencer.cjs",
  // Modules evaluated in a VM context are freed late (jest issue 14605): a worker that has grown is replaced.
  workerIdleMemoryLimit: "1GB",
  globalSetup: "<rootDir>/test/globalSetup.js",
  globalTeardown: "<rootDir>/test/globalTeardown.js",
  setupFiles: ["<rootDir>/test/setup.ts"],
  reporters: ["default", "<rootDir>/test/reporter.js"],
};
