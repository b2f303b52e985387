import { formatTlogProof } from "../../ledger/tlog-proof.ts";
import { recordProof } from "../ledger/log.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";

/**
 * The receipt of an acknowledged write: a C2SP tlog-proof of record `index` under the newest checkpoint.
 * @throws Problem not_found
 */
export function receiptOf(service: Service, index: number): string {
  const checkpoint = service.store.ledger.checkpoint();
  if (checkpoint === undefined || index >= checkpoint.size) throw notFound("record", String(index));
  const hashes = recordProof(service.store, index, checkpoint.size, service.platform.sha256);
  return formatTlogProof({ index, hashes, checkpoint: checkpoint.note });
}
