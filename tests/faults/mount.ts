import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A separate file system, which can be full or read-only. */
export interface Mount {
  path: string;
  remount(options: string): void;
  unmount(): void;
}

/** Mounts a file system in memory; undefined where this process may not mount. */
export function mountMemory(sizeBytes: number): Mount | undefined {
  const path = mkdtempSync(join(tmpdir(), "suyuan-mount-"));
  try {
    run("mount", "-t", "tmpfs", "-o", `size=${sizeBytes},mode=700`, "tmpfs", path);
  } catch {
    rmdirSync(path);
    return undefined;
  }
  return {
    path,
    remount: (options) => run("mount", "-o", `remount,${options}`, path),
    unmount() {
      run("umount", path);
      rmdirSync(path);
    },
  };
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: "ignore" });
}
