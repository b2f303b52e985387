import { formatTlogProof } from "../../ledger/tlog-proof.ts";
import { recordProof } from "../ledger/log.ts";
import { notFound } from "../problem.ts";
import type { Caller, Service } from "../service.ts";

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

/**
 * The bytes of a record, exactly as hashed: with its receipt they prove what was acknowledged.
 * @throws Problem not_found where there is none, or it is neither the caller's own nor the caller the authority
 */
export function recordBytes(service: Service, caller: Caller, index: number): Uint8Array {
  const row = service.store.ledger.record(index);
  const event = service.store.custody.event(index);
  const own = caller.role === "authority" || event?.organisation === caller.organisation;
  if (row === undefined || !own) throw notFound("record", String(index));
  return row.bytes;
}
