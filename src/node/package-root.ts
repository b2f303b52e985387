import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The name in package.json. */
const PACKAGE = "suyuan";

/**
 * The folder of this package, which holds `drizzle/` and `fixtures/`. The code runs from `src/` and from `dist/`, which
 * lie at different depths.
 */
export const PACKAGE_ROOT = packageRoot(import.meta.dirname);

/**
 * The nearest folder, `folder` itself or one above it, whose package.json names this package.
 * @throws Error if there is none
 */
export function packageRoot(folder: string): string {
  const file = join(folder, "package.json");
  if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }).name === PACKAGE)
    return folder;
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error(
      `no package.json of ${PACKAGE} lies above ${import.meta.dirname}: run the program from its package, ` +
        "which also holds drizzle/ and fixtures/",
    );
  return packageRoot(parent);
}
