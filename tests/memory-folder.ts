import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** All tests together use less than a tenth of it. Containers often have 64 MiB here, which is too little. */
const NEEDED_BYTES = 2 ** 30;

/**
 * Puts the tests' temporary folders in memory where there is room: a store on disk waits for fsync at every commit, and
 * on a busy disk that takes most of the time. Tests that need a real disk are slow tests, which do not use this.
 * @returns a function that removes the folder after the last test
 */
export default function useMemoryFolder(): () => void {
  if (freeBytes() < NEEDED_BYTES) return () => undefined;
  const folder = mkdtempSync(join(MEMORY, "suyuan-tests-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  return () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(folder, { recursive: true, force: true });
  };
}

function freeBytes(): number {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
