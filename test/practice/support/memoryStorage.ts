import type { Storage } from "../../../src/practice/storage.js";

export function memoryStorage(): Storage {
  const files = new Map<string, string>();
  return {
    read: (name) => files.get(name),
    write: (name, text) => void files.set(name, text),
  };
}
