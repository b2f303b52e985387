import type { Caller, Service } from "../service.ts";
import { keyOwner } from "./key-owner.ts";
import { keyView, type KeyView } from "./view.ts";

/**
 * An organisation's keys, oldest first, the revoked ones too, without their secrets.
 * @param organisation the caller's own where absent
 * @throws Problem not_found for those of others
 */
export function listKeys(service: Service, caller: Caller, organisation?: string): KeyView[] {
  const owner = keyOwner(service, caller, organisation);
  return service.store.filing.keysOf(owner.id).map(keyView);
}
