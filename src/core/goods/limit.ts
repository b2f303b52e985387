import { type Money, parseMoney } from "./money.ts";

/** A ceiling of value; the ceiling itself is allowed. */
interface Limit {
  readonly ceiling: Money;
  /** Its scope and its source. */
  readonly basis: string;
}

/** Ceilings of trade modes. Ministries change them by notice: check these values against the notice in force. */
export const LIMITS = {
  marketProcurementDeclaration: {
    ceiling: parseMoney("150000.00", "USD"),
    basis:
      "One export declaration under 1039, the ceiling included: pages of pilot markets agree; the notice (GACC 2014 No. 54) from memory.",
  },
  retailImportTransaction: {
    ceiling: parseMoney("5000.00", "CNY"),
    basis:
      "One retail import transaction under 1210, 1239 or 9610: errors -621005 of the customs message specification and receipt 1313. One indivisible item above it is admitted with full tax: from memory.",
  },
  retailImportYear: {
    ceiling: parseMoney("26000.00", "CNY"),
    basis:
      "Retail imports of one buyer in a calendar year: error -621018 of the customs message specification.",
  },
} as const satisfies Record<string, Limit>;
