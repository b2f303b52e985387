import { enableCompileCache } from "node:module";
import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";

const CACHE = resolve(import.meta.dirname, "../node_modules/.cache/suyuan");

/**
 * Serves until a signal ends it, in a process that does nothing else. Resolves with its exit code.
 *
 * The service is loaded only here: other commands start five times as fast without it. What Node compiled of its modules,
 * types taken off, is kept for the next start, which takes half the time; where the folder cannot be written to, every
 * start takes as long as the first. What runs before that is JavaScript: else Node would load what takes types off for
 * these few lines, and keep it (measured: 22 MB).
 *
 * V8 lets the space of young objects grow to 128 MiB, and starting would make it take all of that for good. Here it stays
 * as it begins, at 1 MiB each half: little enough to stay in the processor's cache, which makes scans a tenth faster. And
 * V8 would let old objects, and the bytes that they hold, grow by half and more before it looks which of them are garbage;
 * at three tenths a service of the original's size takes 25 MB less, and scans among writes wait no longer. At one tenth
 * they do.
 *
 * @param {Record<string, string | undefined>} environment
 * @param {boolean} [json] what is told, as a line of JSON each
 * @returns {Promise<number>}
 */
export async function serve(environment, json = false) {
  enableCompileCache(CACHE);
  setFlagsFromString("--semi-space-growth-factor=1");
  const { serveUntilSignal } = await import("./serve.ts");
  // Not before: while all is being loaded, nothing is garbage yet.
  setFlagsFromString("--heap-growing-percent=30");
  return serveUntilSignal(environment, json);
}
