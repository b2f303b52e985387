import { hash } from "node:crypto";
import type { Sha256 } from "../core/ledger/merkle.ts";

/** Node's SHA-256 in one call. Returns a plain Uint8Array, whose `slice` copies; that of a Buffer does not. */
export const nodeSha256: Sha256 = (data) => {
  const { buffer, byteOffset, byteLength } = hash("sha256", data, "buffer");
  return new Uint8Array(buffer, byteOffset, byteLength);
};
