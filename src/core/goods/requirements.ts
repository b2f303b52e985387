import { type Category, parseCategory } from "./category.ts";
import { parseCurrency } from "./currency.ts";
import { claimsCepa, COMBINATION_RULES, type Situation } from "./combination-rule.ts";
import { missingAt, validText, wrongFields } from "./field.ts";
import { LIMITS } from "./limit.ts";
import type { GoodsProblem } from "./problem.ts";
import { parseStage, type Stage } from "./stage.ts";
import { parseTradeMode } from "./trade-mode.ts";

/** Goods of one category under one trade mode, by their codes. */
interface Combination {
  readonly mode: string;
  readonly category: string;
}

/**
 * Fields that a category requires under every mode, by stage; trade-mode.ts has the fields of each mode. A GTIN is
 * never required, only checked when given: vehicles and market purchases have none, and a customs inventory accepts
 * goods without one. Basis: supervision of food rests on its dates, that of vehicles on the VIN; requiring both when
 * codes are ordered is our own rule.
 */
const CATEGORY_REQUIRES: Readonly<Record<Category["code"], Readonly<Record<Stage, readonly string[]>>>> = {
  food: { filing: [], ordering: ["productionDate", "expiryDate"], declaring: [] },
  consumer_goods: { filing: [], ordering: [], declaring: [] },
  vehicles: { filing: [], ordering: ["quantity", "vins"], declaring: [] },
};

/** Fields that a given value makes required. */
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
 * Everything that keeps goods from being complete and right at a stage: a problem `missing` for each required field
 * without a value, then a problem for each wrong value (by itself, or by a rule of the combination). Warnings alone do
 * not stop the goods. Blank texts and empty lists count as no value. Fields of an earlier stage are not required again,
 * and fields that no table names are not checked.
 *
 * @param stage `filing`, `ordering` or `declaring`
 * @param combination codes of a trade mode and a category
 * @param given the fields known so far, in nested objects; some fields require others
 * @throws {TypeError} if an argument is of the wrong type
 * @throws {IdentifierError} if the stage, mode or category is unknown
 */
export function checkRequirements(
  stage: Stage,
  combination: Combination,
  given: Readonly<Record<string, unknown>>,
): GoodsProblem[] {
  const situation = situationOf(stage, combination, given);
  const rules = COMBINATION_RULES.filter((rule) => rule.applies(situation));
  return [
    ...missingAt(given, requiredFields(situation)),
    ...wrongFields(given),
    ...rules.flatMap((rule) => rule.check(situation)),
  ];
}

/** Dotted paths of the fields that a stage requires of the goods. */
function requiredFields(situation: Situation): string[] {
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
  const currency = validText(given, "totalValue.currency");
  return (
    currency !== undefined && parseCurrency(currency) !== LIMITS.marketProcurementDeclaration.ceiling.currency
  );
}
