import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { leavesMany, pinsMany, sealMany } from "./code/bulk.node.ts";
import { nodeSha256 } from "./ledger/hash.node.ts";
import type { Platform } from "./services/platform.ts";

/** What Node gives the services: its clock, its random numbers, its AES in bulk, its one-shot SHA-256. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
  sha256: nodeSha256,
  mill: { codes: sealMany, leaves: leavesMany, pins: pinsMany },
  breathe: () => setImmediate(),
};
