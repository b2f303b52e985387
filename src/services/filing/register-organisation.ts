import { newId } from "../id.ts";
import type { RecordDraft, Transaction, WriteRequest } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import {
  addOrganisation,
  approveOrganisation,
  type FiledOrganisation,
  type OrganisationInput,
  soundIdentity,
  withSecret,
} from "./file-enterprise.ts";
import { requireFreeNumber } from "./legal-identity.ts";
import { newRepeatableKey } from "./repeated-secret.ts";
import { organisationOf } from "./standing.ts";
import { keyView, organisationView } from "./view.ts";

const PREFIX = { assessor: "lab", authority: "aut" } as const;

/**
 * The operator registers an assessor or an authority, which is approved at once, and gets its first key.
 * @throws Problem invalid_request that names the fields, conflict where an approved organisation has the number
 */
export async function registerOrganisation(
  service: Service,
  caller: Caller,
  role: "assessor" | "authority",
  input: OrganisationInput,
  once?: WriteRequest,
): Promise<FiledOrganisation> {
  const identity = soundIdentity(input);
  const id = newId(PREFIX[role]);
  const named = { role, organisation: id, label: "made with the registration" };
  const key = newRepeatableKey(service, caller, named, once);
  const answer = await service.writer.submitOnce(once, (tx) => {
    requireFreeNumber(tx.store, identity);
    const record = (_: Transaction, draft: RecordDraft): void => void tx.append(draft);
    addOrganisation(service, tx, { id, role, input, identity, kind: "registering", caller, record });
    approveOrganisation(service, tx, caller, id);
    tx.store.filing.addKey(key.row(tx.nowMs));
    return {
      organisation: organisationView(service, organisationOf(tx.store, id)),
      apiKey: { ...keyView(key.row(tx.nowMs)), secret: null },
    };
  });
  return withSecret(service, answer, key, once);
}
