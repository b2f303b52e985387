import type { Names } from "../../core/goods/names.ts";
import { FieldReader } from "../field-reader.ts";
import { newId } from "../id.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import { type Caller, AUTO_APPROVAL } from "../caller.ts";
import { newApiKey } from "./api-key.ts";
import { decidableOrganisation } from "./decide-enterprise.ts";
import { recordDecision } from "./decision.ts";
import { type IdentityInput, type LegalIdentity, readIdentity, requireUnfiled } from "./legal-identity.ts";
import { organisationOf, organisationSubject, standingChains } from "./standing.ts";
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

/** A filed organisation and its first API key. */
export interface FiledOrganisation {
  organisation: OrganisationView;
  apiKey: NewKeyView;
}

/** The data of an organisation's row and first record, for every role. */
export interface Registration {
  id: string;
  role: "enterprise" | "assessor" | "authority";
  input: OrganisationInput;
  identity: LegalIdentity;
  /** The kind of the record. */
  kind: string;
  caller: Caller;
}

/**
 * Files an enterprise; the caller needs no key. The filing waits for the authority, unless the settings approve it at once.
 * Only names, country and activities are public in its record.
 * @throws Problem invalid_request that names the fields, conflict where the number is already filed
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
    // The enterprise is the actor of its own filing: nobody has approved it yet.
    const caller: Caller = { role: "enterprise", organisation: id, key: key.id };
    addOrganisation(service, tx, { id, role: "enterprise", input, identity, kind: "filing", caller });
    if (service.settings.autoApprove) approveOrganisation(service, tx, AUTO_APPROVAL, id);
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
        chains: standingChains({ role, id }),
        public: { names: { ...filing.names }, country, role, activities: filing.activities },
        sealed: { authority: sealedFields(filing, identity) },
      },
      service.platform,
    ),
  );
}

/** Approves an organisation within the write that adds it. */
export function approveOrganisation(service: Service, tx: Transaction, caller: Caller, id: string): void {
  const filed = decidableOrganisation(tx.store, organisationOf(tx.store, id));
  recordDecision(service, tx, caller, filed, { decision: "approve" });
}

/** Adds the secret to a first answer. Secrets are not stored, so a replayed answer has none. */
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
    // Through JSON, which drops undefined members.
    ...(filing.contacts.length === 0 ? {} : { contacts: JSON.parse(JSON.stringify(filing.contacts)) }),
  };
}
