import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { nodeSha256 } from "./ledger/hash.node.ts";
import { nodeMill } from "./mill.node.ts";
import type { Platform } from "./services/platform.ts";

/** What Node gives the services: its clock, its random numbers, its AES in bulk and its threads, its one-shot SHA-256. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
  sha256: nodeSha256,
  mill: nodeMill,
  breathe: () => setImmediate(),
};
