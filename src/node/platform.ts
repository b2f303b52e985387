import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { nodeSha256 } from "./hash.ts";
import { nodeMill } from "./mill.ts";
import type { Platform } from "../platform.ts";

/** What Node gives the services: its clock, its random numbers, its AES in bulk and its threads, its one-shot SHA-256. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
  sha256: nodeSha256,
  mill: nodeMill,
  breathe: () => setImmediate(),
};
