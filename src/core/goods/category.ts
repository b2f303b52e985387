import { IdentifierError } from "./identifier.ts";
import { alternatives, requireString } from "./reading.ts";

type CategoryCode = "food" | "consumer_goods" | "vehicles";

export interface Category {
  readonly code: CategoryCode;
  readonly name: { readonly zh: string; readonly en: string };
}

export const CATEGORIES: readonly Category[] = [
  { code: "food", name: { zh: "食品", en: "Food" } },
  { code: "consumer_goods", name: { zh: "消费品", en: "Consumer goods" } },
  { code: "vehicles", name: { zh: "汽车", en: "Vehicles" } },
];

/**
 * The category with exactly this code.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `unknown`
 */
export function parseCategory(text: string): Category {
  const code = requireString("category", text);
  const category = CATEGORIES.find((candidate) => candidate.code === code);
  if (category === undefined)
    throw new IdentifierError(
      "category",
      "unknown",
      `must be ${alternatives(CATEGORIES.map((known) => known.code))}`,
    );
  return category;
}
