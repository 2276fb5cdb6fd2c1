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
  testTimeout: 30_000,
  maxWorkers: 2,
  // Modules evaluated in a VM context are freed late (jest issue 14605): a worker that has grown is replaced.
  workerIdleMemoryLimit: "1GB",
  globalSetup: "<rootDir>/test/globalSetup.js",
  globalTeardown: "<rootDir>/test/globalTeardown.js",
  setupFiles: ["<rootDir>/test/setup.ts"],
  reporters: ["default", "<rootDir>/test/reporter.js"],
};
