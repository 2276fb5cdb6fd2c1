import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const NODE_GLOBALS = names(
  "Buffer URL URLSearchParams AbortController AbortSignal clearInterval clearTimeout console crypto fetch performance",
  "process setImmediate setInterval setTimeout structuredClone TextDecoder TextEncoder",
);
const BROWSER_GLOBALS = names(
  "AbortController AbortSignal atob btoa clearInterval clearTimeout console crypto customElements CustomEvent document",
  "DOMParser Element Event EventSource fetch FormData getComputedStyle Headers history HTMLElement Intl localStorage",
  "location matchMedia MutationObserver navigator Node performance queueMicrotask Request requestAnimationFrame Response",
  "sessionStorage setInterval setTimeout structuredClone TextDecoder TextEncoder URL URLSearchParams window",
);

const CLOCK = "The time comes from the Clock port, so that tests and dry runs can choose it.";
const RANDOM = "Randomness comes from the Ids port, so that a run can be repeated from its seed.";

const ENVIRONMENT_BAN = {
  object: "process",
  property: "env",
  message: "Only src/config.ts reads the environment.",
};
const RANDOM_FUNCTIONS = [
  "randomUUID",
  "randomBytes",
  "randomInt",
  "randomFillSync",
  "getRandomValues",
];

/** House style that no ready-made rule covers. */
const STYLE_SYNTAX = [
  {
    selector:
      ":matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator:not([id.typeAnnotation]) > ArrowFunctionExpression",
    message: "At the top level write a function declaration; arrows belong inside expressions.",
  },
  { selector: "ExportDefaultDeclaration", message: "Use a named export." },
];
const CLOCK_SYNTAX = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
  { selector: "CallExpression[callee.name='Date']", message: CLOCK },
];

export default defineConfig(
  { ignores: ["dist/", "coverage/", "data/", "test/fixtures/", "test/package/", "**/*.d.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,

  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // An adapter may answer at once where its port promises a promise.
      "@typescript-eslint/require-await": "off",
      // Enums there are none (erasableSyntaxOnly), and classes here have private parts, which TypeScript itself keeps apart.
      // Looking for both was a fifth of the linter's time.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // noPropertyAccessFromIndexSignature asks for the opposite.
      "@typescript-eslint/dot-notation": "off",
      curly: ["error", "multi-line"],
      // `== null` is the one short way to say "null or undefined".
      eqeqeq: ["error", "always", { null: "ignore" }],
      "object-shorthand": "error",
      "prefer-template": "error",
    },
  },

  {
    files: ["src/**/*.ts", "plugins/**/*.ts"],
    rules: {
      // "modified": a switch over a union counts once, however many members the union has.
      complexity: ["error", { max: 10, variant: "modified" }],
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "no-restricted-syntax": ["error", ...STYLE_SYNTAX],
      "no-restricted-properties": ["error", ENVIRONMENT_BAN],
      "no-restricted-imports": [
        "error",
        { paths: ["node:process", "process"].map((name) => ({ name, importNames: ["env"] })) },
      ],
    },
  },
  {
    files: ["src/config.ts"],
    rules: { "no-restricted-properties": "off", "no-restricted-imports": "off" },
  },
  {
    // What these print is their purpose.
    files: ["src/main.ts", "src/cli/**/*.ts"],
    rules: { "no-console": "off" },
  },

  {
    files: ["src/domain/**/*.ts", "src/actions/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "crypto", message: RANDOM },
        { name: "performance", message: CLOCK },
      ],
      "no-restricted-properties": [
        "error",
        ENVIRONMENT_BAN,
        { object: "Date", property: "now", message: CLOCK },
        { object: "process", property: "hrtime", message: CLOCK },
        { object: "Math", property: "random", message: RANDOM },
        ...RANDOM_FUNCTIONS.map((property) => ({ property, message: RANDOM })),
      ],
      "no-restricted-imports": [
        "error",
        {
          paths: ["node:crypto", "crypto"].map((name) => ({
            name,
            importNames: RANDOM_FUNCTIONS,
            message: RANDOM,
          })),
        },
      ],
      "no-restricted-syntax": ["error", ...STYLE_SYNTAX, ...CLOCK_SYNTAX],
    },
  },

  {
    files: ["test/**/*.ts", "bench/**/*.ts", "examples/**/*.ts"],
    rules: {
      // Bodies that come over HTTP are `any` in supertest; the expectations check them.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-deprecated": "off",
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },

  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: NODE_GLOBALS },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: { ...NODE_GLOBALS, ...names("require module") },
    },
  },
  {
    files: ["**/public/**/*.js", "console/**/*.js"],
    languageOptions: { globals: BROWSER_GLOBALS },
  },
);

function names(...lines) {
  return Object.fromEntries(
    lines.flatMap((line) => line.split(" ")).map((name) => [name, "readonly"]),
  );
}
