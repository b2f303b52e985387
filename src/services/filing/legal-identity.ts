import { parseCustomsRegistration } from "../../core/goods/customs-registration.ts";
import { IdentifierError } from "../../core/goods/identifier.ts";
import { parseParty, partyKey } from "../../core/goods/party.ts";
import { parseProvince, provinceFromIso } from "../../core/goods/province.ts";
import type { Store } from "../../store/store.ts";
import type { FieldReader } from "../field-reader.ts";
import { type FieldProblem, Problem } from "../problem.ts";

/** Who an organisation is to the law, as it is filed. */
export interface IdentityInput {
  identity: { scheme: string; value: string };
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** ISO 3166-2:CN; taken from a USCC where it is not given. */
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

/** Reads an identity; what is wrong with it goes to the reader, which the caller asks before using it. */
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
    reader.refuse("province", "unknown", `no province: ${party.country} is not divided here, only CN is`);
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

/**
 * A legal number stands for one organisation only.
 * @throws Problem conflict where it is filed already and was not declined
 */
export function requireUnfiled(store: Store, identity: LegalIdentity): void {
  const key = partyKey({ ...identity, value: identity.number } as Parameters<typeof partyKey>[0]);
  const same = store.filing
    .organisationsByNumber(identity.scheme, identity.number)
    .some((row) => partyKey({ ...row, value: row.number } as Parameters<typeof partyKey>[0]) === key);
  if (same)
    throw new Problem("conflict", "an organisation with this identification number is filed already", {
      fields: [
        { field: "identity.value", problem: "duplicate", expected: "a number that nobody has filed yet" },
      ],
    });
}

/** Digits 3 and 4 of a USCC are the province of the authority it is registered with (GB 32100, division code). */
function registeredProvince(uscc: string): string | null {
  try {
    return parseProvince(uscc.slice(2, 4)).iso;
  } catch (error) {
    // 10 is the state's own registration: of no province.
    if (error instanceof IdentifierError) return null;
    throw error;
  }
}

/** A party is read as a whole, but its parts are fields of their own. */
function fieldOf({ scheme }: IdentifierError): string {
  if (scheme === "country") return "country";
  return scheme === "party" ? "identity.scheme" : "identity.value";
}
