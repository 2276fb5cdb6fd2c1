import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The practice IdP's own files in the data folder. All are private to the user who started it. */
export interface Storage {
  /** Undefined when there is no such file. */
  read(name: string): string | undefined;
  /** Replaces the whole file or nothing, also when the process dies in the middle. */
  write(name: string, text: string): void;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

export function openStorage(folder: string): Storage {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name), "utf8");
      } catch (error) {
        if (isMissingFile(error)) return undefined;
        throw error;
      }
    },
    write(name, text) {
      const path = join(folder, name);
      writeFileSync(`${path}.new`, text, { mode: PRIVATE_FILE });
      // The mode of writeFileSync counts only for a new file; a left-over one may be wider.
      chmodSync(`${path}.new`, PRIVATE_FILE);
      renameSync(`${path}.new`, path);
    },
  };
}

/** A damaged file counts as none: the practice directory can always be made anew. */
export function readJson(storage: Storage, name: string): unknown {
  const text = storage.read(name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMissingFile(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

/** The system's word for what went wrong: ENOENT, EADDRINUSE. */
export function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
