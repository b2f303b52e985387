import { formatTlogProof } from "../../core/ledger/tlog-proof.ts";
import { checkedRecordProof } from "../ledger/checked-proof.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

/**
 * The receipt of an acknowledged write: a C2SP tlog-proof of record `index` under the newest published checkpoint,
 * cosigned if the log has witnesses.
 * @throws Problem not_found; unavailable where the witnesses do not cosign in time; damaged where the proof does not lead
 * to the checkpoint's root
 */
export async function receiptOf(service: Service, index: number): Promise<string> {
  if (index >= service.store.ledger.size()) throw notFound("record", String(index));
  const { size, note } = await service.publisher.covering(index + 1);
  const hashes = checkedRecordProof(service, index, size, note);
  return formatTlogProof({ index, hashes, checkpoint: note });
}

/**
 * The bytes of a record, exactly as hashed: with the receipt they prove the acknowledged write.
 * @throws Problem not_found for a missing record, or one of another organisation unless the caller is the authority
 */
export function recordBytes(service: Service, caller: Caller, index: number): Uint8Array {
  const row = service.store.ledger.record(index);
  const event = service.store.custody.recorded.event(index);
  const own = caller.role === "authority" || event?.organisation === caller.organisation;
  if (row === undefined || !own) throw notFound("record", String(index));
  return row.bytes;
}
