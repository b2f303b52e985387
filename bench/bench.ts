import { constants, copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { acceptClock } from "../src/node/clock-decision.ts";
import { openService, type OpenService } from "../src/node/open.ts";
import type { Options } from "./options.ts";
import type { Measured } from "./results.ts";
import { benchConfig, type Manifest } from "./seed/seed.ts";

/** What the rows are measured with. */
export interface Bench {
  options: Options;
  measured: Measured;
  /** A folder for this run alone, removed at its end. */
  work: string;
  /** The filled store, which stays as it is: whatever writes works on a copy. */
  seeded: { folder: string; manifest: Manifest };
  note(line: string): void;
}

/** A folder of this run's own. */
export function freshFolder({ work }: Pick<Bench, "work">, name: string): string {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes what rows left in this run's folder; the filled store stays, wherever it is. */
export function clearWork({ work, seeded }: Pick<Bench, "work" | "seeded">): void {
  for (const name of readdirSync(work))
    if (join(work, name) !== seeded.folder) rmSync(join(work, name), { recursive: true });
}

/** A copy of the filled store, to be served and written to. */
export function copyOfStore(bench: Bench, name: string): string {
  const folder = freshFolder(bench, name);
  copyFolder(bench.seeded.folder, folder);
  // The filled years end before today.
  acceptClock(folder, Date.now());
  return folder;
}

/** Opens a service in this process, gives it to `work`, and closes it. */
export async function withService<T>(folder: string, work: (opened: OpenService) => Promise<T>): Promise<T> {
  const opened = openService(benchConfig(folder));
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

function copyFolder(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      mkdirSync(target, { recursive: true, mode: 0o700 });
      copyFolder(source, target);
    } else copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
}
