import type { Config } from "../config.js";

/** What a practice run leaves in its data folder for the commands that work on it. */
export const PRACTICE_FILES = {
  /** Its master secret: without it the keys in the database cannot be opened. */
  master: "practice-master-secret",
  /** Where its server was reached last: the port may have been any free one. */
  address: "practice-address",
} as const;

/** The configuration as the practice run has it that keeps its files there. What is not there stays as it is. */
export function withPracticeData(config: Config, read: (name: string) => string | null): Config {
  const address = read(PRACTICE_FILES.address)?.trim() ?? "";
  const baseUrl = URL.canParse(address) ? address : config.server.baseUrl;
  const master = read(PRACTICE_FILES.master) ?? config.secrets.master;
  return {
    ...config,
    server: { ...config.server, baseUrl },
    secrets: { ...config.secrets, master },
  };
}
