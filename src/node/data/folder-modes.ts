import { chmodSync, lstatSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The permissions of everybody but the owner. */
const OTHERS = 0o077;
/** Everything that a service makes in its data folder (folder.ts). */
const FILES =
  /^(?:suyuan\.db(?:-wal|-shm|-journal)?|lock\.db(?:-journal)?|checkpoint(?:\.new)?|first-start|clock-accepted)$/;
const FOLDERS = ["keys", "backups", "restoring"];
/** The root of a file system has this folder from the beginning. */
const NOBODYS = "lost+found";

/**
 * Takes a data folder's permissions away from everybody but its owner: 0700 for folders and 0600 for files. It adds none,
 * so a folder that was made read-only stays so. A folder that holds other things too keeps its own permissions, since
 * it may be anything (`/tmp`); the service's files in it are tightened all the same. Symbolic links are left alone.
 * @returns the paths that others could use before; empty where nothing changed
 * @throws the file system's error where this process may not change them
 */
export function tightenModes(folder: string): string[] {
  // Windows has access lists instead, which a folder inherits.
  if (process.platform === "win32") return [];
  const found: string[] = [];
  const names = readdirSync(folder);
  if (names.every(isOurs)) tighten(folder, statSync(folder).mode, found);
  for (const name of names.filter((one) => FILES.test(one))) tightenFile(join(folder, name), found);
  for (const name of names.filter((one) => FOLDERS.includes(one))) {
    const path = join(folder, name);
    const status = lstatSync(path);
    if (!status.isDirectory()) continue;
    tighten(path, status.mode, found);
    for (const file of readdirSync(path)) tightenFile(join(path, file), found);
  }
  return found;
}

function isOurs(name: string): boolean {
  return FILES.test(name) || FOLDERS.includes(name) || name === NOBODYS;
}

function tightenFile(path: string, found: string[]): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status?.isFile() === true) tighten(path, status.mode, found);
}

function tighten(path: string, mode: number, found: string[]): void {
  if ((mode & OTHERS) === 0) return;
  chmodSync(path, mode & ~OTHERS & 0o7777);
  found.push(path);
}

/** Makes an empty file that only its owner may read, where there is none: SQLite would make it by the umask. */
export function makePrivateFile(path: string): void {
  writeFileSync(path, "", { flag: "a", mode: 0o600 });
}
