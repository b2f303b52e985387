import { existsSync, mkdirSync, readdirSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { StoreRefused } from "../../store/binding.ts";
import { writeRefusal } from "./store-refusal.ts";

/**
 * An absolute path with symbolic links followed, also where its last parts do not exist yet.
 * @throws StoreRefused where a part of the path is a file, or may not be read
 */
export function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    if (existsSync(absolute)) return realpathSync(absolute);
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), basename(absolute));
  } catch (error) {
    throw writeRefusal(error, absolute);
  }
}

/** Whether a path is a folder itself, or lies inside it. Both are real paths. */
export function isInside(path: string, folder: string): boolean {
  const steps = relative(folder, path);
  return steps !== ".." && !steps.startsWith(`..${sep}`);
}

/**
 * Refuses a target folder that cannot be filled: it is a file, or has something in it.
 * @param writer what would write it, for the message: `a backup`
 * @throws StoreRefused
 */
export function requireEmpty(folder: string, writer: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory())
    throw new StoreRefused(`${folder} exists already and is a file: name a folder`);
  // The root of a file system has this folder from the beginning.
  const names = readdirSync(folder).filter((name) => name !== "lost+found");
  if (names.length > 0)
    throw new StoreRefused(
      `${folder} exists already and is not empty (${names.slice(0, 3).join(", ")}): ` +
        `name a new folder, since ${writer} overwrites nothing`,
    );
}

/** Whether a folder is the root of a mounted file system: nothing can be renamed onto it. */
export function isMountPoint(folder: string): boolean {
  return existsSync(folder) && statSync(folder).dev !== statSync(dirname(folder)).dev;
}

/**
 * Makes the folders above a path, for the owner only.
 * @returns a function that removes the folders that it made and that are still empty
 * @throws StoreRefused where they cannot be made
 */
export function makeParents(path: string): () => void {
  const parent = dirname(path);
  let first: string | undefined;
  try {
    first = mkdirSync(parent, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new StoreRefused(`${parent} is a file, so ${path} cannot be made: name a folder elsewhere`);
    throw writeRefusal(error, parent);
  }
  return () => {
    if (first !== undefined) removeEmpty(parent, first);
  };
}

function removeEmpty(folder: string, last: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another process put something there meanwhile: it stays.
    return;
  }
  if (folder !== last) removeEmpty(dirname(folder), last);
}
