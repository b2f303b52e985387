import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { nodeSha256 } from "./hash.ts";
import { nodeLabelSheets } from "./label-sheets.ts";
import { nodeCodeGenerator } from "./code-generator.ts";
import type { Platform } from "../platform.ts";

/** The platform on Node: clock, random numbers, AES in bulk, threads, one-shot SHA-256. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
  sha256: nodeSha256,
  codes: nodeCodeGenerator,
  labelSheets: nodeLabelSheets,
  yield: () => setImmediate(),
};
