import { newId } from "../id.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { newApiKey } from "./api-key.ts";
import {
  addOrganisation,
  approveOrganisation,
  type FiledOrganisation,
  type OrganisationInput,
  soundIdentity,
  withSecret,
} from "./file-enterprise.ts";
import { organisationOf } from "./standing.ts";
import { keyView, organisationView } from "./view.ts";

const PREFIX = { assessor: "lab", authority: "aut" } as const;

/**
 * The operator registers an assessor or an authority, which is approved at once, and gets its first key.
 * @throws Problem invalid_request that names the fields, conflict where the number is filed already
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
  const key = newApiKey(service.platform, role, id, undefined, "made with the registration");
  const answer = await service.writer.submitOnce(once, (tx) => {
    addOrganisation(service, tx, { id, role, input, identity, kind: "registering", caller });
    approveOrganisation(service, tx, caller, id);
    tx.store.filing.addKey(key.row(tx.nowMs));
    return {
      organisation: organisationView(service, organisationOf(tx.store, id)),
      apiKey: { ...keyView(key.row(tx.nowMs)), secret: null },
    };
  });
  return withSecret(answer, key.secret);
}
