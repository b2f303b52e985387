import type { Names } from "../../core/goods/names.ts";
import { FieldReader } from "../field-reader.ts";
import { newId } from "../id.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/writer.ts";
import type { Caller, Service } from "../service.ts";
import { newApiKey } from "./api-key.ts";
import { decideOrganisation } from "./decide-enterprise.ts";
import { type IdentityInput, type LegalIdentity, readIdentity, requireUnfiled } from "./legal-identity.ts";
import { AUTO_APPROVAL, organisationChain, organisationOf, organisationSubject } from "./standing.ts";
import {
  type Activity,
  type Contact,
  keyView,
  type NewKeyView,
  type OrganisationFiling,
  organisationView,
  type OrganisationView,
  type NamesInput,
} from "./view.ts";

export interface OrganisationInput extends IdentityInput {
  names: NamesInput;
  activities?: Activity[] | undefined;
  address?: string | undefined;
  contacts?: Contact[] | undefined;
}

/** A filed organisation and the key that was made with it. */
export interface FiledOrganisation {
  organisation: OrganisationView;
  apiKey: NewKeyView;
}

/** A row to be and its record, for whichever role. */
export interface Registration {
  id: string;
  role: "enterprise" | "assessor" | "authority";
  input: OrganisationInput;
  identity: LegalIdentity;
  /** What the record says happened. */
  kind: string;
  caller: Caller;
}

/**
 * An enterprise files itself; anybody may. It waits for the authority, unless the settings approve at once. Of its
 * record only names, country and activities are public.
 * @throws Problem invalid_request that names the fields, conflict where the number is filed already
 */
export async function fileEnterprise(
  service: Service,
  input: OrganisationInput,
  once?: WriteRequest,
): Promise<FiledOrganisation> {
  const identity = soundIdentity(input);
  const id = newId("ent");
  const key = newApiKey(service.platform, "enterprise", id, undefined, "made with the filing");
  const answer = await service.writer.submitOnce(once, (tx) => {
    // Nobody has vouched for it yet: it speaks for itself.
    const caller: Caller = { role: "enterprise", organisation: id, key: key.id };
    addOrganisation(service, tx, { id, role: "enterprise", input, identity, kind: "filing", caller });
    if (service.settings.autoApprove)
      decideOrganisation(service, tx, AUTO_APPROVAL, id, { decision: "approve" });
    tx.store.filing.addKey(key.row(tx.nowMs));
    return {
      organisation: organisationView(service, organisationOf(tx.store, id)),
      apiKey: { ...keyView(key.row(tx.nowMs)), secret: null },
    };
  });
  return withSecret(answer, key.secret);
}

/** @throws Problem invalid_request that names the fields */
export function soundIdentity(input: OrganisationInput): LegalIdentity {
  const reader = new FieldReader();
  const identity = readIdentity(input, reader);
  reader.assertSound();
  return identity as LegalIdentity;
}

/** Adds an organisation, requested, and its first record. */
export function addOrganisation(service: Service, tx: Transaction, registration: Registration): void {
  const { id, role, input, identity, kind, caller } = registration;
  requireUnfiled(tx.store, identity);
  const filing: OrganisationFiling = {
    names: input.names as Names,
    activities: input.activities ?? [],
    ...(identity.customsRegistration === undefined
      ? {}
      : { customsRegistration: identity.customsRegistration }),
    ...(input.address === undefined ? {} : { address: input.address }),
    contacts: input.contacts ?? [],
    warnings: identity.warnings,
  };
  const { scheme, number, country, province } = identity;
  tx.store.filing.addOrganisation({
    id,
    role,
    status: "requested",
    scheme,
    number,
    country,
    province,
    filing: JSON.stringify(filing),
    filedAt: tx.nowMs,
  });
  tx.append(
    administrationDraft(
      {
        kind,
        caller,
        atMs: tx.nowMs,
        subject: organisationSubject({ role, id }),
        chains: [organisationChain({ role, id })],
        public: { names: { ...filing.names }, country, role, activities: filing.activities },
        sealed: { authority: sealedFields(filing, identity) },
      },
      service.platform,
    ),
  );
}

/** A secret is never stored, so a repeated answer cannot show it again. */
export function withSecret<T extends { apiKey: NewKeyView }>(
  answer: { value: T; replayed: boolean },
  secret: string,
): T {
  if (answer.replayed) return answer.value;
  return { ...answer.value, apiKey: { ...answer.value.apiKey, secret } };
}

function sealedFields(filing: OrganisationFiling, identity: LegalIdentity): Record<string, unknown> {
  const { customsRegistration, address } = filing;
  return {
    identity: { scheme: identity.scheme, value: identity.number },
    ...(identity.province === null ? {} : { province: identity.province }),
    ...(customsRegistration === undefined ? {} : { customsRegistration }),
    ...(address === undefined ? {} : { address }),
    // Through JSON: what was left out of a contact is not there at all.
    ...(filing.contacts.length === 0 ? {} : { contacts: JSON.parse(JSON.stringify(filing.contacts)) }),
  };
}
