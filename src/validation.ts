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
    const known = keysOf(fitting(schemaAt(schema, issue.path), issue.input));
    return issue.keys.map((key) => {
      const hint = known.length === 0 ? "" : suggestion(key, known);
      return problem([...issue.path, key], `${UNKNOWN_KEY} ${hint}`.trimEnd());
    });
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // A sentence that the schema has for all alternatives together comes first.
    if (!issue.message.startsWith(LIBRARY_WORDS.union)) return [problem(issue.path, issue.message)];
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
    case "too_small":
      return issue.message.startsWith(LIBRARY_WORDS.tooSmall)
        ? boundSentence(issue)
        : issue.message;
    case "too_big":
      return issue.message.startsWith(LIBRARY_WORDS.tooBig) ? boundSentence(issue) : issue.message;
    case "invalid_format":
      return issue.message.startsWith(LIBRARY_WORDS.format) ? formatSentence(issue) : issue.message;
    default:
      return issue.message;
  }
}

/** How the library's own sentences begin, which are for programmers. A schema's own sentence comes first. */
const LIBRARY_WORDS = {
  union: "Invalid input",
  tooSmall: "Too small",
  tooBig: "Too big",
  format: "Invalid ",
} as const;

function boundSentence(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const isLeast = issue.code === "too_small";
  const bound = Number(isLeast ? issue.minimum : issue.maximum);
  if (isLeast && issue.origin === "string" && bound === 1) return "A text is expected.";
  const amount = `${isLeast ? "At least" : "At most"} ${String(bound)}`;
  if (issue.origin === "string") return `${amount} characters are expected.`;
  return issue.origin === "array" ? `${amount} entries are expected.` : `${amount} is expected.`;
}

function formatSentence({ format }: z.core.$ZodIssueInvalidStringFormat): string {
  if (format === "datetime") return "A time such as 2026-03-01T12:00:00Z is expected.";
  if (format === "date") return "A date such as 2026-03-01 is expected.";
  return "The text is not of the form that is expected.";
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
      // What `z.preprocess` makes has its schema behind it.
      inner = inner.def.in instanceof z.ZodTransform ? inner.def.out : inner.def.in;
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

/**
 * Of several alternatives those of the kind that was written (`type: "groupName"`), so that nobody is pointed to a key that only
 * another kind has. All of them where none fits.
 */
function fitting(schemas: readonly z.core.$ZodType[], input: unknown): readonly z.core.$ZodType[] {
  if (schemas.length < 2 || typeof input !== "object" || input === null) return schemas;
  const values = input as Readonly<Record<string, unknown>>;
  const found = schemas.filter(
    (schema) =>
      schema instanceof z.ZodObject &&
      Object.entries(schema.shape).every(
        ([key, part]) => !(part instanceof z.ZodLiteral) || part.values.has(values[key] as string),
      ),
  );
  return found.length === 0 ? schemas : found;
}

function keysOf(schemas: readonly z.core.$ZodType[]): string[] {
  const keys = schemas.flatMap((schema) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
  );
  return [...new Set(keys)];
}
