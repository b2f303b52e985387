import { type Money, parseMoney } from "./money.ts";

/** A ceiling of value, itself allowed. */
interface Limit {
  readonly ceiling: Money;
  /** What it applies to, and where it is from. */
  readonly basis: string;
}

/** Ceilings that trade modes set. Ministries change them by notice: they are data, to be checked against the notice in force. */
export const LIMITS = {
  marketProcurementDeclaration: {
    ceiling: parseMoney("150000.00", "USD"),
    basis:
      "One export declaration under 1039, the ceiling included: pages of pilot markets agree; the notice (GACC 2014 No. 54) from memory.",
  },
  retailImportTransaction: {
    ceiling: parseMoney("5000.00", "CNY"),
    basis:
      "One retail import transaction under 1210, 1239 or 9610: errors -621005 of the customs message specification and receipt 1313. One indivisible item above it is let in with full tax: from memory.",
  },
  retailImportYear: {
    ceiling: parseMoney("26000.00", "CNY"),
    basis:
      "Retail imports of one buyer in a calendar year: error -621018 of the customs message specification.",
  },
} as const satisfies Record<string, Limit>;
