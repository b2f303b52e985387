import { formatTlogProof } from "../../core/ledger/tlog-proof.ts";
import { recordProof } from "../ledger/log.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

/**
 * The receipt of an acknowledged write: a C2SP tlog-proof of record `index` under the newest published checkpoint,
 * cosigned where there are witnesses.
 * @throws Problem not_found; unavailable where its witnesses do not cosign in time
 */
export async function receiptOf(service: Service, index: number): Promise<string> {
  if (index >= service.store.ledger.size()) throw notFound("record", String(index));
  const { size, note } = await service.publisher.covering(index + 1);
  const hashes = recordProof(service.store, index, size, service.platform.sha256);
  return formatTlogProof({ index, hashes, checkpoint: note });
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
