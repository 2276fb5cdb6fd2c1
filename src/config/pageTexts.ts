import { z } from "zod";
import { examined, problemLine } from "../validation.js";
import { parseYaml, readText } from "./sources.js";

/** The vendor's own texts for the pages of the sign-in: by language, then by key. Which keys there are is not known here. */

type PageTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface PagesConfig {
  readonly productName: string | null;
  readonly namesShown: boolean;
  /** By language, then by key. */
  readonly texts: PageTexts;
}

interface PagesOptions {
  readonly productName?: string | undefined;
  readonly namesShown: boolean;
  readonly textsFile?: string | undefined;
}

export function pagesOf({ productName = "", namesShown, textsFile }: PagesOptions): PagesConfig {
  const { texts } = readPageTexts(textsFile);
  return { productName: productName === "" ? null : productName, namesShown, texts };
}

export function checkPageTexts(
  { textsFile }: PagesOptions,
  report: (option: string, message: string) => void,
): void {
  const { problems } = readPageTexts(textsFile);
  if (problems.length > 0) report("pages.textsFile", problems.join("\n    "));
}

const TEXT_MAX = 2_000;
const schema = z.record(
  z.string(),
  z.record(z.string(), z.string("A text is expected.").max(TEXT_MAX, "The text is too long.")),
);

function readPageTexts(file: string | undefined): {
  readonly texts: PageTexts;
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
