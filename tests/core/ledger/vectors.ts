import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** A folder of foreign vectors beside the repository. Where it is missing its tests are skipped, and this says so. */
export function vectorFolder(name: string): { path: string; present: boolean } {
  const path = resolve(import.meta.dirname, "../../../../shared/vectors", name);
  const present = existsSync(path);
  if (!present) console.warn(`skipped: no foreign vectors at ${path}`);
  return { path, present };
}
