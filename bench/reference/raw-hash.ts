import { hash } from "node:crypto";

/** A leaf of a batch's tree: a byte, a blind of 16, a code of 16. An inner node: a byte and two hashes (RFC 6962, 2.1). */
const LEAF_BYTES = 33;
const NODE_BYTES = 65;

/**
 * Reference (e): nothing but SHA-256 (node:crypto, one call a message) of as many messages of the same sizes as an audit
 * must hash at the least: each record once, and of each batch its leaves and the inner nodes over them.
 * @param records the records' own bytes
 * @param quantities how many codes each batch has
 * @returns seconds
 */
export function hashAll(records: Iterable<Uint8Array>, quantities: readonly number[]): number {
  const startedAt = performance.now();
  for (const bytes of records) hash("sha256", bytes, "buffer");
  const leaf = new Uint8Array(LEAF_BYTES);
  const node = new Uint8Array(NODE_BYTES);
  for (const quantity of quantities) {
    for (let i = 0; i < quantity; i++) {
      leaf[1] = i;
      hash("sha256", leaf, "buffer");
    }
    for (let i = 1; i < quantity; i++) {
      node[1] = i;
      hash("sha256", node, "buffer");
    }
  }
  return (performance.now() - startedAt) / 1000;
}
