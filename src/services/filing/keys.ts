import type { ApiKeyRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { keyDraft, keyMaker, keyOwner, requireKeyable } from "./key-owner.ts";
import { newRepeatableKey, secretFor } from "./repeated-secret.ts";
import { keyView, type KeyView, type NewKeyView } from "./view.ts";
import { recordOrKeep } from "./waiting.ts";

/** Enough for every system and person of an organisation; more would hide a leaked key. */
const MAX_KEYS = 100;

/**
 * Makes a further API key: an organisation for itself, the authority for an enterprise that lost its own, the operator for
 * any. A repeated request gets the secret again for a day, until the key is first used.
 * @param organisation the caller's own if absent
 * @throws Problem not_found, conflict at 100 active keys and for an organisation that is not approved
 */
export async function createKey(
  service: Service,
  caller: Caller,
  { organisation, label }: { organisation?: string | undefined; label: string },
  once?: WriteRequest,
): Promise<NewKeyView> {
  const owner = keyMaker(service, caller, organisation);
  const key = newRepeatableKey(service, caller, { role: owner.role, organisation: owner.id, label }, once);
  const answer = await service.writer.submitOnce(once, (tx) => {
    requireKeyable(tx.store, owner);
    const live = tx.store.filing.keysOf(owner.id).filter((row) => row.revokedAt === null);
    if (live.length >= MAX_KEYS)
      throw new Problem("conflict", `an organisation has at most ${MAX_KEYS} keys: revoke one first`);
    tx.store.filing.addKey(key.row(tx.nowMs));
    tx.append(keyDraft(service, tx, caller, owner, { key: key.id, revoked: false }));
    return { ...keyView(key.row(tx.nowMs)), secret: null as string | null };
  });
  return { ...answer.value, secret: secretFor(service, key, answer, answer.value, once) };
}

/**
 * The keys of an organisation, oldest first, with revoked ones and without secrets.
 * @param organisation the caller's own if absent
 * @throws Problem not_found for another organisation
 */
export function listKeys(service: Service, caller: Caller, organisation?: string): KeyView[] {
  const owner = keyOwner(service, caller, organisation);
  return service.store.filing.keysOf(owner.id).map(keyView);
}

/**
 * Revokes an API key for good: an organisation its own, the operator any. Revoking it again changes nothing.
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
    recordOrKeep(tx, owner.id, keyDraft(service, tx, caller, owner, { key: id, revoked: true }));
    return keyView({ ...row, revokedAt: tx.nowMs });
  });
  return answer.value;
}

/** Without a key of the operator, nobody could make another. */
function requireAnother(store: Store, row: ApiKeyRow): void {
  const live = store.filing.keysOf(row.organisation).filter((key) => key.revokedAt === null);
  if (live.length === 1)
    throw new Problem("conflict", "this is the operator's last key: make another before revoking it");
}
