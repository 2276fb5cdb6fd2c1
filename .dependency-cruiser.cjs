/**
 * Who may import what. One row per part of the project; everything that a row does not name is forbidden to it.
 *
 *   path       files of the part
 *   values     parts whose functions and constants it may import (its own files are always allowed)
 *   types      parts of which it may import types only
 *   libraries  npm packages
 *   node       true: any `node:` module; or a list; absent: none
 *
 * The composition (COMPOSITION below) and everything outside src/ and plugins/ is free but for the
 * confined libraries and cycles. test/layers.test.ts proves that each kind of rule fires.
 */
const CORE_CONTRACTS = ["domain", "plugin", "ports", "errors"];
/** Small pure helpers that any part above the domain may use. */
const HELPERS = ["suggest", "token", "validation"];

const PARTS = {
  domain: { path: "src/domain/", types: ["plugin"] },
  plugin: { path: "src/plugin.ts", types: ["domain", "ports", "errors"] },
  ports: { path: "src/ports(.ts|/)", types: ["domain", "plugin", "errors"] },
  errors: { path: "src/errors.ts", types: ["domain", "plugin", "ports"] },
  plugins: {
    path: "plugins/",
    values: ["plugin", "errors", "identity"],
    types: ["domain"],
    libraries: ["zod"],
  },
  actions: {
    path: "src/actions/",
    values: [...CORE_CONTRACTS, "suggest", "token"],
    node: ["crypto"],
  },
  store: {
    path: "src/store/",
    values: ["domain", "ports", "errors"],
    types: ["plugin"],
    libraries: ["sequelize", "umzug", "@appthreat/sqlite3", "mysql2", "uuid"],
    node: true,
  },
  http: {
    path: "src/http/",
    values: ["plugin", "ports", "errors", "token"],
    types: ["domain"],
    libraries: [
      ...["express", "cookie", "helmet", "ipaddr.js", "jose", "pino", "rate-limiter-flexible"],
      "standardwebhooks",
    ],
    node: true,
  },
  scim: {
    path: "src/scim/",
    values: [...CORE_CONTRACTS, ...HELPERS, "actions", "http"],
    libraries: ["express", "scimmy"],
    node: true,
  },
  oauth: {
    path: "src/oauth/",
    values: [...CORE_CONTRACTS, ...HELPERS, "actions", "http"],
    libraries: ["express", "jose"],
    node: true,
  },
  saml: {
    path: "src/saml/",
    values: [...CORE_CONTRACTS, ...HELPERS, "compiledScript", "identity", "actions", "http"],
    libraries: [
      "express",
      "passport",
      "@node-saml/passport-saml",
      "@node-saml/node-saml",
      "xml-crypto",
      "@xmldom/xmldom",
      "saxes",
      "jose",
      "selfsigned",
    ],
    node: true,
  },
  admin: {
    path: "src/admin/",
    values: [...CORE_CONTRACTS, ...HELPERS, "actions", "http", "catalogueFile"],
    libraries: ["express", "zod"],
    node: true,
  },
  // A practice identity provider: it knows the server over HTTP alone, as a real one would.
  practice: {
    path: "src/practice/",
    values: ["errors"],
    types: ["domain", "plugin", "ports"],
    libraries: [
      "express",
      "helmet",
      "jose",
      "zod",
      "xml-crypto",
      "@xmldom/xmldom",
      "saxes",
      "selfsigned",
    ],
    node: true,
  },
  config: {
    path: "src/config(.ts|/)",
    values: ["errors", "catalogueFile", ...HELPERS],
    types: ["domain", "plugin", "ports"],
    libraries: ["zod", "yaml"],
    node: true,
  },
  catalogueFile: {
    path: "src/catalogue(File|Extensions|Tiers).ts",
    values: ["config", "domain", "errors", ...HELPERS],
    libraries: ["yaml", "zod"],
    node: true,
  },
  // Checks the books without anything of those who keep them.
  verify: { path: "src/verify/", node: ["crypto"] },
  background: {
    path: "src/background.ts",
    values: ["errors"],
    types: ["actions", "domain", "ports"],
  },
  pluginLoader: {
    path: "src/pluginLoader.ts",
    values: ["plugins", "plugin", "errors", "suggest"],
    node: true,
  },
  identity: { path: "src/identity.ts", values: ["errors"], types: ["plugin"] },
  token: { path: "src/token.ts", types: ["ports"], node: ["crypto", "zlib"] },
  compiledScript: { path: "src/compiledScript.ts", node: ["fs"] },
  suggest: { path: "src/suggest.ts", libraries: ["fastest-levenshtein"] },
  validation: { path: "src/validation.ts", values: ["errors", "suggest"], libraries: ["zod"] },
};

/** Free to import any part, and the only ones that know them all. */
const COMPOSITION = "^src/(index|main|app|routes|library|server|practiceMode)\\.ts$|^src/cli/";

/** A library that one part hides from all others, the composition included. */
const CONFINED = {
  sequelize: ["store"],
  umzug: ["store"],
  mysql2: ["store"],
  "@appthreat/sqlite3": ["store"],
  scimmy: ["scim"],
  passport: ["saml"],
  "@node-saml/passport-saml": ["saml"],
  "@node-saml/node-saml": ["saml"],
  saxes: ["saml", "practice"],
  "@xmldom/xmldom": ["saml", "practice"],
  "xml-crypto": ["saml", "practice"],
  zod: ["config", "catalogueFile", "validation", "admin", "practice", "plugins"],
  "fastest-levenshtein": ["suggest"],
  "ipaddr.js": ["http"],
  "rate-limiter-flexible": ["http"],
};

const pathOf = (name) =>
  `^${PARTS[name].path.replaceAll(".", "\\.")}${PARTS[name].path.endsWith(".ts") ? "$" : ""}`;
const pathsOf = (names = []) => names.map(pathOf);
const packagePath = (name) => `(^|/)node_modules/(@types/)?${name}(/|$)`;
/** A module of Node itself, as the cruiser writes it: with or without its prefix. */
const nodePath = (name) => `^(node:)?${name}$`;

/** The part itself; of plugins/ each folder is its own, and only the registry sees them all. */
const ownPaths = (name) => (name === "plugins" ? ["^plugins/$1/"] : [pathOf(name)]);

function layerRules([name, part]) {
  const from = name === "plugins" ? { path: "^plugins/([^/]+)/" } : { path: pathOf(name) };
  const values = [
    ...ownPaths(name),
    ...pathsOf(part.values),
    ...(part.libraries ?? []).map(packagePath),
    ...(Array.isArray(part.node) ? part.node.map(nodePath) : []),
  ];
  const types = pathsOf(part.types);
  const core = part.node === true ? { dependencyTypesNot: ["core"] } : {};
  return [
    {
      name: `${name}-imports-only-what-its-row-names`,
      severity: "error",
      from,
      to: { pathNot: [...values, ...types], ...core },
    },
    ...(types.length === 0
      ? []
      : [
          {
            name: `${name}-imports-types-only`,
            comment: `Of ${part.types.join(", ")} this part may use the types, not the code: write "import type".`,
            severity: "error",
            from,
            to: { path: types, pathNot: values, dependencyTypesNot: ["type-only"] },
          },
        ]),
  ];
}

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Types count too: two files that need each other are one idea, or hide a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...Object.entries(PARTS).flatMap(layerRules),
    {
      name: "every-file-belongs-to-a-part",
      comment:
        "Give a new file or folder a row in .dependency-cruiser.cjs before anything imports it.",
      severity: "error",
      from: {},
      to: {
        path: "^src/",
        pathNot: [COMPOSITION, ...Object.keys(PARTS).map(pathOf)],
      },
    },
    {
      name: "composition-is-the-top",
      comment: "Nothing below may reach up to the files that put everything together.",
      severity: "error",
      from: { path: "^src/|^plugins/", pathNot: COMPOSITION },
      to: { path: COMPOSITION },
    },
    ...Object.entries(CONFINED).map(([library, parts]) => ({
      name: `${library}-is-confined`,
      comment: `Only ${parts.join(" and ")} may know ${library}.`,
      severity: "error",
      from: { path: "^src/|^plugins/", pathNot: pathsOf(parts) },
      to: { path: packagePath(library) },
    })),
    {
      name: "shipped-code-needs-no-development-packages",
      severity: "error",
      from: { path: "^src/|^plugins/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "shipped-code-needs-no-tests",
      severity: "error",
      from: { path: "^src/|^plugins/" },
      to: { path: "^(test|bench|tools|examples)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/public/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".d.ts"],
    },
  },
};
