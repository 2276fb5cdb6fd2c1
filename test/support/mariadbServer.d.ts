/** What TypeScript sees of mariadbServer.js. */
export interface Server {
  readonly url: string;
  readonly directory: string | null;
  stop(): Promise<void>;
}
export function startServer(
  settings?: Record<string, string>,
  shared?: { readonly password?: string; readonly programs?: string },
): Promise<Server>;
export function guard(directory: string): () => Promise<void>;
export function findProgram(names: readonly string[]): string | null;
export function freePort(): Promise<number>;
