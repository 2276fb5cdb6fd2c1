import { z } from "zod";
import { type ErrorCode, SeatkeeperError } from "./errors.js";
import { suggestion } from "./suggest.js";

/**
 * What zod found, as sentences for the person who wrote the value: with the path in their own words and, for an
 * unknown key, the nearest key that exists at that depth. Values are never repeated: they may be secrets.
 */
export interface Problem {
  /** "server.baseUrl", "products.support.tiers[0].rank"; empty for the whole. */
  readonly path: string;
  readonly keys: readonly PropertyKey[];
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

export type Examined<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function examined<T>(schema: z.ZodType<T>, value: unknown): Examined<T> {
  // The input tells a missing value from a wrong one; it is looked at, never shown.
  const result = schema.safeParse(value, { reportInput: true });
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problems: result.error.issues.flatMap((issue) => problemsOf(schema, issue)) };
}

/**
 * The value in the schema's form.
 * @throws SeatkeeperError `code` with the first problem's path as `field`
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, code: ErrorCode): T {
  const result = examined(schema, value);
  if (result.ok) {
    return result.value;
  }
  throw problemError(result.problems, code);
}

function problemError(problems: readonly Problem[], code: ErrorCode): SeatkeeperError {
  const first = problems[0];
  const sentence = problems.map((problem) => problemLine(problem)).join(" ");
  const unknownKey = problems.length === 1 && first?.message.startsWith(UNKNOWN_KEY) === true;
  return new SeatkeeperError(unknownKey && code === "InvalidValue" ? "UnknownOption" : code, {
    sentence,
    ...(first === undefined || first.path === "" ? {} : { field: first.path }),
  });
}

export function problemLine(problem: Problem): string {
  return problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`;
}

const UNKNOWN_KEY = "There is no such key.";

function problemsOf(schema: z.ZodType, issue: Issue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysOf(schemaAt(schema, issue.path));
    return issue.keys.map((key) =>
      problem([...issue.path, key], `${UNKNOWN_KEY} ${suggestion(key, known)}`.trimEnd()),
    );
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branch = likeliestBranch(issue.errors);
    return branch.flatMap((inner) =>
      problemsOf(schema, { ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  return [problem(issue.path, sentenceOf(issue))];
}

/** The alternative with the fewest complaints is the one that was meant. */
function likeliestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  return branches.reduce((best, branch) => (branch.length < best.length ? branch : best));
}

function sentenceOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeSentence(issue);
    case "invalid_union": {
      const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
      return options.length > 0 ? oneOf(options) : issue.message;
    }
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    case "invalid_value":
      return oneOf(issue.values);
    default:
      return issue.message;
  }
}

/** The schema's own sentence where it has one. */
function typeSentence({ expected, message, input }: z.core.$ZodIssueInvalidType): string {
  const noun = NOUNS[expected] ?? expected;
  const general = `${noun.charAt(0).toUpperCase()}${noun.slice(1)} is expected.`;
  const sentence = message.startsWith("Invalid input") ? general : message;
  return input === undefined ? `Missing. ${sentence}` : sentence;
}

function oneOf(values: readonly unknown[]): string {
  return `One of ${values.map(String).join(", ")} is expected.`;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys to values",
  record: "a mapping of keys to values",
  null: "null",
};

function problem(keys: readonly PropertyKey[], message: string): Problem {
  return { path: pathText(keys), keys, message };
}

function pathText(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((text, key) => {
    if (typeof key === "number") {
      return `${text}[${String(key)}]`;
    }
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

// ---------------------------------------------------------------------------------------------------------------
// Walking a schema, to know which keys exist at a path.

/** The schema without the wrappers that only change presence: default, optional, nullable, pipes. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  for (;;) {
    if (
      inner instanceof z.ZodDefault ||
      inner instanceof z.ZodPrefault ||
      inner instanceof z.ZodOptional ||
      inner instanceof z.ZodNullable ||
      inner instanceof z.ZodReadonly
    ) {
      inner = inner.def.innerType;
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.def.in;
    } else {
      return inner;
    }
  }
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType[] {
  let here = branches(schema);
  for (const key of path) {
    here = here.flatMap((part) => child(part, key)).flatMap((part) => branches(part));
  }
  return here;
}

function branches(schema: z.core.$ZodType): z.core.$ZodType[] {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodUnion
    ? inner.def.options.flatMap((option) => branches(option))
    : [inner];
}

function child(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const next = (schema.shape as Readonly<Record<PropertyKey, z.core.$ZodType>>)[key];
    return next === undefined ? [] : [next];
  }
  if (schema instanceof z.ZodArray) {
    return [schema.def.element];
  }
  return schema instanceof z.ZodRecord ? [schema.def.valueType] : [];
}

function keysOf(schemas: readonly z.core.$ZodType[]): string[] {
  const keys = schemas.flatMap((schema) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
  );
  return [...new Set(keys)];
}
