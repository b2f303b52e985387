import type { Money } from "../../core/goods/money.ts";
import type { BatchRow } from "../../store/batches.ts";
import type { FieldProblem } from "../problem.ts";

export interface DeclaredValue extends Money {
  usdRate?: { rate: string; date: string };
  /** In US dollars, at that rate. */
  usd: string;
}

/** The terms of an order that its row stores as JSON. */
export interface OrderTerms {
  productionDate?: string;
  expiryDate?: string;
  originCountry: string;
  destinationCountry?: string;
  declaredValue: DeclaredValue;
  /** Capitals, by position. */
  vins: string[];
  /** Fields that the trade mode requires, as given. */
  mode: Record<string, unknown>;
  warnings: FieldProblem[];
}

/** The terms that an order's row stores. */
export function orderTerms(row: BatchRow): OrderTerms {
  return JSON.parse(row.terms) as OrderTerms;
}
