import type { Request } from "express";

/** One field of a posted form; empty when it is missing or was sent several times. */
export function readField(request: Request, name: string): string {
  const body: unknown = request.body;
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return "";
  const value: unknown = (body as Record<string, unknown>)[name];
  return typeof value === "string" ? value : "";
}
