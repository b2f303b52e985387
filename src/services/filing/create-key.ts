import type { WriteRequest } from "../ledger/writer.ts";
import { Problem } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { newApiKey } from "./api-key.ts";
import { keyDraft, keyOwner } from "./key-owner.ts";
import { keyView, type NewKeyView } from "./view.ts";

/** Enough for every system and person of an organisation; more would hide a leaked one. */
const MAX_KEYS = 100;

/**
 * A further API key: an organisation makes its own, the operator anybody's. The secret is in this answer only.
 * @param organisation the caller's own where absent
 * @throws Problem not_found, conflict at 100 keys that were not revoked
 */
export async function createKey(
  service: Service,
  caller: Caller,
  { organisation, label }: { organisation?: string | undefined; label: string },
  once?: WriteRequest,
): Promise<NewKeyView> {
  const owner = keyOwner(service, caller, organisation);
  const key = newApiKey(service.platform, owner.role, owner.id, undefined, label);
  const answer = await service.writer.submitOnce(once, (tx) => {
    const live = tx.store.filing.keysOf(owner.id).filter((row) => row.revokedAt === null);
    if (live.length >= MAX_KEYS)
      throw new Problem("conflict", `an organisation has at most ${MAX_KEYS} keys: revoke one first`);
    tx.store.filing.addKey(key.row(tx.nowMs));
    tx.append(keyDraft(service, tx, caller, owner, { key: key.id, revoked: false }));
    return { ...keyView(key.row(tx.nowMs)), secret: null as string | null };
  });
  return answer.replayed ? answer.value : { ...answer.value, secret: key.secret };
}
