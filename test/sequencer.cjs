/**
 * The longest files first, so that no worker is still busy with one when the others have nothing left. Jest knows how long a
 * file took from its cache, which a fresh checkout does not have; then it would go by size, which says little.
 */
const { createRequire } = require("node:module");

const LONGEST = [
  "e2e/convergence",
  "saml/attacks",
  "store/model/seats",
  "saml/pagesInBrowser",
  "e2e/crash",
  "store/sqlite",
  "practice/practice",
  "e2e/largeGroup",
  "e2e/signIns",
  "store/mariadb",
  "e2e/hotPool",
  "practice/browser",
  "saml/fuzz",
  "conformance/microsoft",
  "store/plans",
  "e2e/oauth",
  "e2e/lifecycle",
  "cli/process",
  "cli/cli",
  "admin/people",
  "e2e/waitingList",
  "e2e/tenants",
  "e2e/replay",
  "e2e/identity",
  "saml/logout",
  "e2e/scimFuzz",
  "dialects/load",
  "saml/simplesamlphp",
];

const ofJest = createRequire(require.resolve("jest"));
const ofCore = createRequire(ofJest.resolve("@jest/core"));
const { default: Sequencer } = createRequire(ofCore.resolve("jest-config"))("@jest/test-sequencer");

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const index = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return index === -1 ? LONGEST.length : index;
    };
    // The sort is stable: among the others Jest's own order stays.
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
