import { enableCompileCache } from "node:module";
import { resolve } from "node:path";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const CACHE = resolve(import.meta.dirname, "../node_modules/.cache/suyuan");
/** Two halves of 8 MiB. */
const YOUNG_BYTES = 16 * 2 ** 20;
const LOOK_EVERY_MS = 100;

/**
 * Serves until a signal ends it, in a process that does nothing else. Resolves with its exit code.
 *
 * The service is loaded only here: other commands start five times as fast without it. What Node compiled of its modules,
 * types taken off, is kept for the next start, which takes half the time; where the folder cannot be written to, every
 * start takes as long as the first.
 *
 * V8 lets the space of young objects grow to 128 MiB, and loading would make it take all of that for good. Here it stays
 * at its least meanwhile, and then grows to 16 MiB, more than which serves nothing faster.
 */
export async function serve(environment: Record<string, string | undefined>, json = false): Promise<number> {
  enableCompileCache(CACHE);
  growYoungSpaceBy(1);
  const { serveUntilSignal } = await import("./serve.ts");
  growYoungSpaceBy(8);
  const grown = setInterval(() => {
    if (youngBytes() < YOUNG_BYTES) return;
    growYoungSpaceBy(1);
    clearInterval(grown);
  }, LOOK_EVERY_MS).unref();
  return serveUntilSignal(environment, json);
}

/** V8 looks this factor up each time that it has the space of young objects grow. */
function growYoungSpaceBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
