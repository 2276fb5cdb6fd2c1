import { z } from "zod";
import { unwrapped } from "../validation.js";
import { type OptionEntry, OPTIONS } from "./schema.js";
import { FILE_VARIABLE } from "./sources.js";

/** docs/configuration.md, written from the schema. tools/generateDocs.mjs saves it; a test compares the two. */
export function configurationManual(): string {
  const sections = [...new Set(OPTIONS.map((option) => option.keys[0]))];
  return `${[INTRODUCTION, ...sections.map(sectionManual), CLOSING].join("\n\n")}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Written by tools/generateDocs.mjs from src/config/schema.ts. Change it there. -->

\`node dist/src/main.js\` without a command starts the practice mode, which needs no configuration and reads none.
\`seatkeeper serve\` and the other commands read one YAML file and the environment. The environment wins.

- The file is named by \`--config FILE\` or by the variable \`${FILE_VARIABLE}\`. It may be missing when the environment says
  everything.
- Every option has an environment variable, named in its table row. A variable that is set to nothing counts as not set.
- Secrets can come from a file of their own: the options that end in \`File\` name it. Paths are relative to the
  configuration file that names them, or to the working directory when they come from the environment.
- A key or a \`SEATKEEPER_\` variable that does not exist is refused, with the nearest one that does.
- The server does not start with a missing, short or well-known master secret, a base address without https, a database
  in memory, or a catalogue, secret file or webhook secret that cannot be read. It reports everything that is wrong at
  once, on standard error, and ends with exit code 78. \`seatkeeper doctor\` reports the same without starting.

A small production configuration:

\`\`\`yaml
server:
  baseUrl: https://seats.acorn.example
database:
  urlFile: /run/secrets/database-url
secrets:
  masterFile: /run/secrets/master
catalogue:
  file: catalogue.yaml
webhook:
  url: https://app.acorn.example/hooks/seatkeeper
  secretFile: /run/secrets/webhook
\`\`\``;

const CLOSING = `## Secrets

| secret | how to make one | what it protects |
|---|---|---|
| \`secrets.master\` | \`openssl rand -base64 48\` | the private signing keys in the database; without it they cannot be read. How to change it: docs/keys.md |
| \`webhook.secret\` | \`echo "whsec_$(openssl rand -base64 32)"\` | the application's trust in events |
| \`database.url\` | the database's own tools | the data |

None of them is ever written to the log or into an error.`;

function sectionManual(section: string): string {
  const rows = OPTIONS.filter((option) => option.keys[0] === section).map(row);
  return [
    `## ${section}`,
    "",
    "| option | variable | type | default | meaning |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function row(option: OptionEntry): string {
  const { about, example, secret } = option.facts;
  const meaning = [
    about,
    secret === true ? "Secret." : "",
    example === undefined ? "" : `Example: \`${example}\`.`,
  ];
  const cells = [
    `\`${option.name}\``,
    `\`${option.variable}\``,
    typeText(option.schema),
    defaultText(option),
    meaning.filter((part) => part !== "").join(" "),
  ];
  return `| ${cells.join(" | ")} |`;
}

function defaultText(option: OptionEntry): string {
  const result = z.safeParse(option.schema, undefined);
  const value = result.success ? result.data : undefined;
  return value === undefined ? (option.facts.without ?? "none") : `\`${JSON.stringify(value)}\``;
}

function typeText(schema: OptionEntry["schema"]): string {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodEnum) {
    return inner.options.join(", ");
  }
  if (inner instanceof z.ZodUnion) {
    return inner.def.options.map((part) => typeText(part)).join(" or ");
  }
  if (inner instanceof z.ZodArray) {
    return "list of texts";
  }
  if (inner instanceof z.ZodNumber) {
    return `whole number, ${String(inner.minValue)} to ${String(inner.maxValue)}`;
  }
  return inner instanceof z.ZodBoolean ? "true or false" : "text";
}
