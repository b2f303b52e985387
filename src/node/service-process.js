import { enableCompileCache } from "node:module";
import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** When a start is over: what waited for it was answered. */
const AFTER_START_MS = 1000;
const BOUND = "--max-semi-space-size";
const UNGROWN = "--semi-space-growth-factor=1";
const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache/suyuan");

/**
 * Serves until a signal ends it, in a process that does nothing else. Resolves with its exit code.
 *
 * The service is loaded only here: other commands start five times as fast without it. What Node compiled of its modules,
 * types taken off, is kept for the next start, which takes half the time; where the folder cannot be written to, every
 * start takes as long as the first. What runs before that is JavaScript: else Node would load what takes types off for
 * these few lines, and keep it (measured: 22 MB).
 *
 * V8 lets the space of young objects grow to 16 MiB each half, and starting makes it take all of that for good. `npm start`
 * bounds it to 4, which can only be said when Node begins: what writes leave behind dies in it, and its collections are
 * short. Where Node was not told, it stays as it begins, at 1 MiB, and writes cost a sixth more.
 *
 * @param {Record<string, string | undefined>} environment
 * @param {boolean} [json] what is told, as a line of JSON each
 * @returns {Promise<number>}
 */
export async function serve(environment, json = false) {
  enableCompileCache(CACHE);
  if (!process.execArgv.some((flag) => flag.startsWith(BOUND))) setFlagsFromString(UNGROWN);
  const { serveUntilSignal } = await import("./serve.ts");
  return serveUntilSignal(environment, json, () => void setTimeout(giveBack, AFTER_START_MS).unref());
}

/**
 * Gives back what starting took and serving does not need. V8 keeps the pages that it emptied for later, of which a start
 * leaves many; only its last resort, when memory is short, lets go of them (measured: a fifth of what a service of the
 * original's size takes, for 0.1 s once).
 */
function giveBack() {
  setFlagsFromString("--expose-gc");
  /** @type {NodeJS.GCFunction} */
  const gc = runInNewContext("gc");
  gc({ execution: "sync", type: "major", flavor: "last-resort" });
}
