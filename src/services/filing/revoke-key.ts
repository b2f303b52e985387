import type { WriteRequest } from "../ledger/writer.ts";
import type { ApiKeyRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import { notFound, Problem } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { keyDraft } from "./key-owner.ts";
import { keyView, type KeyView } from "./view.ts";

/**
 * Revokes an API key for good: an organisation its own, the operator anybody's. Revoking it again changes nothing.
 * @throws Problem not_found, conflict for the operator's last key
 */
export async function revokeKey(
  service: Service,
  caller: Caller,
  id: string,
  once?: WriteRequest,
): Promise<KeyView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    const row = tx.store.filing.key(id);
    if (row === undefined || (caller.role !== "operator" && row.organisation !== caller.organisation))
      throw notFound("key", id);
    if (row.revokedAt !== null) return keyView(row);
    if (row.role === "operator") requireAnother(tx.store, row);
    tx.store.filing.revokeKey(id, tx.nowMs);
    const owner = { id: row.organisation, role: row.role };
    tx.append(keyDraft(service, tx, caller, owner, { key: id, revoked: true }));
    return keyView({ ...row, revokedAt: tx.nowMs });
  });
  return answer.value;
}

/** Without a key of the operator nobody could make one any more. */
function requireAnother(store: Store, row: ApiKeyRow): void {
  const live = store.filing.keysOf(row.organisation).filter((key) => key.revokedAt === null);
  if (live.length === 1)
    throw new Problem("conflict", "this is the operator's last key: make another before revoking it");
}
