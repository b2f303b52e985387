import { hash } from "node:crypto";
import type { Sha256 } from "../core/ledger/merkle.ts";

/** Node's own SHA-256, in one call. Plain Uint8Array: a Buffer's `slice` would alias where ours copies. */
export const nodeSha256: Sha256 = (data) => {
  const { buffer, byteOffset, byteLength } = hash("sha256", data, "buffer");
  return new Uint8Array(buffer, byteOffset, byteLength);
};
