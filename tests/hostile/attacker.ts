import { constants, setPriority } from "node:os";
import { parseArgs } from "node:util";
import { json } from "node:stream/consumers";
import { shapeOf, type Target } from "./shapes.ts";

/** One request is sent again and again for so long: an attacker does not stop after the first. */
const LEAST_MS = 2000;
const MOST_MS = 25_000;

/**
 * Attacks a service with one shape, in its own process and with the lowest priority: what is measured is the service, not a
 * processor that it shares with its attacker. `node tests/hostile/attacker.ts --shape NAME`; the target is its input, as
 * JSON, and its output is what the last attack got, in words.
 */
async function attack(name: string): Promise<string> {
  const target = (await json(process.stdin)) as Target;
  const shape = shapeOf(name);
  const stop = AbortSignal.timeout(MOST_MS);
  const late = new Promise<string>((settle) => {
    stop.addEventListener("abort", () => settle("no answer in time"));
  });
  const began = performance.now();
  let answer = "";
  do answer = await Promise.race([shape.attack(target, stop).catch(wordsOf), late]);
  while (!stop.aborted && performance.now() - began < LEAST_MS);
  return answer;
}

function wordsOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

setPriority(constants.priority.PRIORITY_LOW);
const { values } = parseArgs({ options: { shape: { type: "string" } } });
console.log(await attack(values.shape ?? ""));
process.exit();
