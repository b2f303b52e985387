import { type Category, parseCategory } from "./category.ts";
import { parseCurrency } from "./currency.ts";
import { claimsCepa, COMBINATION_RULES, type Situation } from "./combination-rule.ts";
import { missingAt, soundText, wrongFields } from "./field.ts";
import { LIMITS } from "./limit.ts";
import type { Problem } from "./problem.ts";
import { parseStage, type Stage } from "./stage.ts";
import { parseTradeMode } from "./trade-mode.ts";

/** Goods of one category under one trade mode, by their codes. */
interface Combination {
  readonly mode: string;
  readonly category: string;
}

/**
 * Fields that a category asks for whatever the mode is, and when; what a mode asks for stands with the mode, in
 * trade-mode.ts. A GTIN is asked of nothing: vehicles and market purchases have none, and a customs inventory takes
 * goods without one; given, it must be right. Standing: the dates of food and the VIN of a vehicle are what the
 * supervision of both is told to rest on; that they are due as codes are ordered is our own rule.
 */
const CATEGORY_REQUIRES: Readonly<Record<Category["code"], Readonly<Record<Stage, readonly string[]>>>> = {
  food: { filing: [], ordering: ["productionDate", "expiryDate"], declaring: [] },
  consumer_goods: { filing: [], ordering: [], declaring: [] },
  vehicles: { filing: [], ordering: ["quantity", "vins"], declaring: [] },
};

/** Fields that something given brings with it. */
const CONDITIONAL_REQUIRES: readonly {
  readonly condition: string;
  readonly stage: Stage;
  readonly applies: (situation: Situation) => boolean;
  readonly fields: readonly string[];
}[] = [
  {
    // Press of 2016 for proof of origin by Hong Kong and Macao bodies; the fields of a certificate are our own choice.
    condition: "a CEPA preference is claimed in general trade",
    stage: "declaring",
    applies: claimsCepa,
    fields: [
      "originCountry",
      "certificateOfOrigin.no",
      "certificateOfOrigin.issuingBody",
      "certificateOfOrigin.issuedOn",
      "certificateOfOrigin.expiresOn",
    ],
  },
  {
    condition: "the total of a market procurement declaration is not in US dollars",
    stage: "declaring",
    applies: ({ mode, given }) => mode.family === "market_procurement" && needsUsdRate(given),
    fields: ["totalValue.usdRate", "totalValue.usdRateOn"],
  },
];

/**
 * The fields that must be there at a stage, besides what filing, ordering or declaring asks of all goods. A stage asks
 * for its own fields only: what was due before it is not asked for again.
 *
 * @param stage `filing`, `ordering` or `declaring`
 * @param combination codes of a trade mode and a category
 * @param given what is known so far, nested objects; some fields bring others with them
 * @returns dotted paths
 * @throws {TypeError} if an argument is of the wrong type
 * @throws {IdentifierError} if stage, mode or category is not known
 */
export function requiredFields(
  stage: Stage,
  combination: Combination,
  given: Readonly<Record<string, unknown>> = {},
): string[] {
  return fieldsOf(situationOf(stage, combination, given));
}

/**
 * A problem `missing` for each required field without a value. Blank texts and empty lists are no values.
 *
 * Arguments and errors are those of `requiredFields`.
 */
export function missingFields(
  stage: Stage,
  combination: Combination,
  given: Readonly<Record<string, unknown>>,
): Problem[] {
  return missingAt(given, fieldsOf(situationOf(stage, combination, given)));
}

/**
 * A problem for each value that is given and wrong: by itself, or by a rule of the combination. Fields that no table
 * names are not looked at.
 *
 * Arguments and errors are those of `requiredFields`.
 */
export function wrongValues(
  stage: Stage,
  combination: Combination,
  given: Readonly<Record<string, unknown>>,
): Problem[] {
  const situation = situationOf(stage, combination, given);
  const rules = COMBINATION_RULES.filter((rule) => rule.applies(situation));
  return [...wrongFields(given), ...rules.flatMap((rule) => rule.check(situation))];
}

/**
 * All that keeps a combination from being complete and right at a stage: missing fields, then wrong values. Nothing but
 * warnings means that it may go ahead.
 *
 * Arguments and errors are those of `requiredFields`.
 */
export function checkRequirements(
  stage: Stage,
  combination: Combination,
  given: Readonly<Record<string, unknown>>,
): Problem[] {
  return [...missingFields(stage, combination, given), ...wrongValues(stage, combination, given)];
}

function fieldsOf(situation: Situation): string[] {
  const { stage, mode, category } = situation;
  const conditional = CONDITIONAL_REQUIRES.filter((row) => row.stage === stage && row.applies(situation));
  return [
    ...mode.requires[stage],
    ...CATEGORY_REQUIRES[category.code][stage],
    ...conditional.flatMap((row) => row.fields),
  ];
}

function situationOf(
  stage: Stage,
  combination: Combination,
  given: Readonly<Record<string, unknown>>,
): Situation {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TypeError("given must be an object of fields");
  return {
    stage: parseStage(stage),
    mode: parseTradeMode(combination.mode),
    category: parseCategory(combination.category),
    given,
  };
}

function needsUsdRate(given: Readonly<Record<string, unknown>>): boolean {
  const currency = soundText(given, "totalValue.currency");
  return (
    currency !== undefined && parseCurrency(currency) !== LIMITS.marketProcurementDeclaration.ceiling.currency
  );
}
