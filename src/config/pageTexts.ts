import { z } from "zod";
import { examined, problemLine } from "../validation.js";
import { parseYaml, readText } from "./sources.js";

/** The vendor's own texts for the pages of the sign-in: by language, then by key. Which keys there are is not known here. */

export type PageTextsFile = Readonly<Record<string, Readonly<Record<string, string>>>>;

const TEXT_MAX = 2_000;
const schema = z.record(
  z.string(),
  z.record(z.string(), z.string("A text is expected.").max(TEXT_MAX, "The text is too long.")),
);

export function readPageTexts(file: string | undefined): {
  readonly texts: PageTextsFile;
  readonly problems: readonly string[];
} {
  if (file === undefined) return { texts: {}, problems: [] };
  const refused = (...problems: readonly string[]) => ({ texts: {}, problems });
  const text = readText(file);
  if (text === null) {
    return refused(`The file ${file} cannot be read. Check the path and its permissions.`);
  }
  const parsed = parseYaml(text);
  if ("error" in parsed) return refused(`Not valid YAML: ${parsed.error}`);
  const shaped = examined(schema, parsed.value ?? {});
  return shaped.ok
    ? { texts: shaped.value, problems: [] }
    : refused(...shaped.problems.map(problemLine));
}
