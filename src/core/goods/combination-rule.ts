import type { Category } from "./category.ts";
import { compareDates } from "./date.ts";
import { parseCountry } from "./country.ts";
import { validText, valueAt } from "./field.ts";
import { IdentifierError } from "./identifier.ts";
import { LIMITS } from "./limit.ts";
import { compareMoney, convertMoney, type Money, parseMoney } from "./money.ts";
import { error, type GoodsProblem, warning } from "./problem.ts";
import type { Stage } from "./stage.ts";
import type { TradeMode } from "./trade-mode.ts";
import { parseUscc, isIndividualShop } from "./uscc.ts";
import { parseVin } from "./vin.ts";

/** The input of a rule. */
export interface Situation {
  readonly stage: Stage;
  readonly mode: TradeMode;
  readonly category: Category;
  readonly given: Readonly<Record<string, unknown>>;
}

/** A rule over several fields, or for some combinations only. */
interface CombinationRule {
  readonly name: string;
  readonly applies: (situation: Situation) => boolean;
  readonly check: (situation: Situation) => GoodsProblem[];
}

export const COMBINATION_RULES: readonly CombinationRule[] = [
  {
    name: "goods expire after they were produced",
    applies: () => true,
    check: expiryProblems,
  },
  {
    name: "a vehicle has one valid VIN, and a code has one vehicle",
    applies: ({ stage, category }) => stage === "ordering" && category.code === "vehicles",
    check: vinProblems,
  },
  {
    name: "a market purchase is from an individual business; another enterprise causes a warning",
    applies: ({ stage, mode }) => stage === "ordering" && mode.family === "market_procurement",
    check: shopProblems,
  },
  {
    name: "a market procurement declaration stays within its limit",
    applies: ({ stage, mode }) => stage === "declaring" && mode.family === "market_procurement",
    check: declarationTotalProblems,
  },
  {
    name: "a CEPA preference is for goods of Hong Kong or Macao, under a certificate of origin in force",
    applies: claimsCepa,
    check: cepaProblems,
  },
];

/** CEPA's origins. Its preference is claimed in general trade. */
const CEPA_ORIGINS = ["HK", "MO"];

/** Whether goods are declared in general trade with a CEPA preference. */
export function claimsCepa({ mode, given }: Situation): boolean {
  return mode.code === "0110" && valueAt(given, "preference") === "CEPA";
}

function expiryProblems({ given }: Situation): GoodsProblem[] {
  const produced = validText(given, "productionDate");
  const expires = validText(given, "expiryDate");
  if (produced === undefined || expires === undefined || compareDates(expires, produced) > 0) return [];
  return [error("expiryDate", "not_after", `a date after the date of production, ${produced}`)];
}

function vinProblems(situation: Situation): GoodsProblem[] {
  const vins = valueAt(situation.given, "vins");
  if (!Array.isArray(vins)) return [];
  const seen = new Set<string>();
  const problems = vins.flatMap((vin: unknown, index) =>
    oneVinProblems(situation, vin, `vins.${index}`, seen),
  );
  const quantity = valueAt(situation.given, "quantity");
  if (typeof quantity === "number" && vins.length !== quantity)
    problems.push(
      error("vins", "wrong_count", `${quantity} vehicle identification numbers, one for each code`),
    );
  return problems;
}

/** @param seen canonical VINs of earlier places; this VIN is added */
function oneVinProblems(situation: Situation, vin: unknown, path: string, seen: Set<string>): GoodsProblem[] {
  if (typeof vin !== "string")
    return [error(path, "not_text", "a vehicle identification number of 17 characters")];
  try {
    const { value, warnings } = parseVin(vin);
    if (seen.has(value)) return [error(path, "duplicate", "a vehicle that is not listed earlier")];
    seen.add(value);
    const severity = bindsCheckDigit(situation) ? error : warning;
    return warnings.map(({ reason, message }) => severity(path, reason, message));
  } catch (cause) {
    if (!(cause instanceof IdentifierError)) throw cause;
    return [error(path, cause.reason, cause.message)];
  }
}

/** A VIN's check digit binds if China is the destination, or may be: no destination given and not an export mode. */
function bindsCheckDigit({ mode, given }: Situation): boolean {
  const destination = validText(given, "destinationCountry");
  return destination === undefined ? mode.direction !== "export" : parseCountry(destination) === "CN";
}

function shopProblems({ given }: Situation): GoodsProblem[] {
  const shop = validText(given, "market.shopUscc");
  if (shop === undefined) return [];
  const problems = parseUscc(shop).warnings.map(({ reason, message }) =>
    warning("market.shopUscc", reason, message),
  );
  if (!isIndividualShop(shop))
    problems.push(
      warning("market.shopUscc", "not_individual_shop", "the USCC of an individual business, 92…"),
    );
  return problems;
}

function declarationTotalProblems({ given }: Situation): GoodsProblem[] {
  const amount = validText(given, "totalValue.amount");
  const currency = validText(given, "totalValue.currency");
  if (amount === undefined || currency === undefined) return [];
  try {
    return overLimitProblems(parseMoney(amount, currency), given);
  } catch (cause) {
    if (!(cause instanceof IdentifierError)) throw cause;
    return [error("totalValue.amount", cause.reason, cause.message)];
  }
}

function overLimitProblems(total: Money, given: Situation["given"]): GoodsProblem[] {
  const { ceiling } = LIMITS.marketProcurementDeclaration;
  const inUsd =
    total.currency === ceiling.currency ? total : convertAtGivenRate(total, ceiling.currency, given);
  if (inUsd === undefined || compareMoney(inUsd, ceiling) <= 0) return [];
  const expected = `at most ${ceiling.currency} ${ceiling.amount} in one declaration; this one has ${inUsd.amount}`;
  return [error("totalValue.amount", "over_limit", expected)];
}

/** Undefined without a rate: the table of requirements then reports the missing rate. */
function convertAtGivenRate(total: Money, currency: string, given: Situation["given"]): Money | undefined {
  const rate = validText(given, "totalValue.usdRate");
  return rate === undefined ? undefined : convertMoney(total, rate, currency);
}

function cepaProblems({ given }: Situation): GoodsProblem[] {
  return [...originProblems(given), ...certificateProblems(given)];
}

function originProblems(given: Situation["given"]): GoodsProblem[] {
  const origin = validText(given, "originCountry");
  if (origin === undefined || CEPA_ORIGINS.includes(parseCountry(origin))) return [];
  return [error("originCountry", "not_eligible", "HK or MO, where CEPA is claimed")];
}

function certificateProblems(given: Situation["given"]): GoodsProblem[] {
  const issued = validText(given, "certificateOfOrigin.issuedOn");
  const expires = validText(given, "certificateOfOrigin.expiresOn");
  if (issued === undefined || expires === undefined) return [];
  if (compareDates(expires, issued) < 0)
    return [error("certificateOfOrigin.expiresOn", "not_after", `the day of issue, ${issued}, or later`)];
  const declared = validText(given, "declaredOn");
  if (declared === undefined || (compareDates(issued, declared) <= 0 && compareDates(declared, expires) <= 0))
    return [];
  return [
    error(
      "declaredOn",
      "not_in_force",
      `a day on which the certificate of origin is valid, ${issued} to ${expires}`,
    ),
  ];
}
