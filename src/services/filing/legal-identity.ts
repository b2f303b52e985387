import { parseCustomsRegistration } from "../../core/goods/customs-registration.ts";
import { IdentifierError } from "../../core/goods/identifier.ts";
import { parseParty, partyKey } from "../../core/goods/party.ts";
import { parseProvince, provinceFromIso } from "../../core/goods/province.ts";
import type { OrganisationRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import type { FieldReader } from "../field-reader.ts";
import { type FieldProblem, Problem } from "../problem.ts";

/** The legal identity of a filed organisation. */
export interface IdentityInput {
  identity: { scheme: string; value: string };
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** ISO 3166-2:CN; derived from a USCC if absent. */
  province?: string | undefined;
  customsRegistration?: string | undefined;
}

export interface LegalIdentity {
  scheme: string;
  number: string;
  country: string;
  province: string | null;
  customsRegistration?: string;
  warnings: FieldProblem[];
}

/** Reads an identity. Faults go to the reader: call its `assertSound` before using the result. */
export function readIdentity(input: IdentityInput, reader: FieldReader): LegalIdentity | undefined {
  const party = reader.read(fieldOf, () => parseParty({ ...input.identity, country: input.country }));
  const province = reader.readOptional("province", input.province, provinceFromIso);
  const customsRegistration = reader.readOptional(
    "customsRegistration",
    input.customsRegistration,
    parseCustomsRegistration,
  );
  if (party === undefined) return undefined;
  if (province !== undefined && party.country !== "CN")
    reader.refuse("province", "unknown", `no province: only CN has provinces here, not ${party.country}`);
  return {
    scheme: party.scheme,
    number: party.value,
    country: party.country,
    province: province?.iso ?? (party.scheme === "uscc" ? registeredProvince(party.value) : null),
    ...(customsRegistration === undefined ? {} : { customsRegistration }),
    warnings: party.warnings.map(({ reason, message }) => ({
      field: "identity.value",
      problem: reason,
      expected: message,
    })),
  };
}

type Numbered = Pick<OrganisationRow, "scheme" | "number" | "country">;

/** The most filings that an approval declines with it. A further one cannot be approved, and expires. */
const MAX_SETTLED = 100;

/** The approved or suspended organisation with a legal number. A number belongs to one organisation. */
export function numberHolder(store: Store, identity: Numbered): OrganisationRow | undefined {
  const key = numberKey(identity);
  return store.filing.numberHolders(identity.scheme, identity.number).find((row) => numberKey(row) === key);
}

/** Undecided filings with a legal number, at most 100. */
export function numberApplicants(store: Store, identity: Numbered): OrganisationRow[] {
  const key = numberKey(identity);
  return store.filing
    .numberApplicants(identity.scheme, identity.number, MAX_SETTLED)
    .filter((row) => numberKey(row) === key);
}

/**
 * @throws Problem conflict where an approved or suspended organisation has the number. Only the operator, who registers
 * organisations, may learn that.
 */
export function requireFreeNumber(store: Store, identity: Numbered): void {
  if (numberHolder(store, identity) === undefined) return;
  throw new Problem("conflict", "an approved organisation has this identification number", {
    fields: [
      {
        field: "identity.value",
        problem: "duplicate",
        expected: "a number that no approved organisation has",
      },
    ],
  });
}

function numberKey({ scheme, number, country }: Numbered): string {
  return partyKey({ scheme, value: number, country } as Parameters<typeof partyKey>[0]);
}

/** Digits 3 and 4 of a USCC: the province of the registering authority (GB 32100, division code). */
function registeredProvince(uscc: string): string | null {
  try {
    return parseProvince(uscc.slice(2, 4)).iso;
  } catch (error) {
    // 10 is the national registration, of no province.
    if (error instanceof IdentifierError) return null;
    throw error;
  }
}

/** Maps an error in a party, which is read as a whole, to the field that caused it. */
function fieldOf({ scheme }: IdentifierError): string {
  if (scheme === "country") return "country";
  return scheme === "party" ? "identity.scheme" : "identity.value";
}
