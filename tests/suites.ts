import { resolve } from "node:path";
import type { ViteUserConfig } from "vitest/config";

/** Which files each of the two test commands runs. */
export const FILES = {
  all: "tests/**/*.test.ts",
  slow: "tests/**/*.slow.test.ts",
  bench: "tests/bench/**/*.test.ts",
} as const;

const report = process.env["TEST_REPORT"];

/**
 * Settings of both. A worker per core: by default Vitest leaves one core free, which is half of a machine with two.
 * `TEST_REPORT` names a file for the results as JSON; CI adds them up.
 */
export const SHARED: NonNullable<ViteUserConfig["test"]> = {
  pool: "forks",
  maxWorkers: "100%",
  // The commands that tests start reuse compiled modules: a start takes half the processor time.
  env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, "../node_modules/.cache/suyuan-tests") },
  // Waiting ends when the condition holds. The limit only stops a test that would never end.
  expect: { poll: { timeout: 120_000, interval: 10 } },
  ...(report === undefined ? {} : { reporters: ["default", "json"], outputFile: report }),
};
