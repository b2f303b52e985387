import { parseContainer } from "../goods/container.ts";
import { parseSscc } from "../goods/sscc.ts";

/** The kinds of number that identify a logistic unit. */
export type UnitType = "sscc" | "container" | "lpn";

/**
 * The canonical id of a logistic unit: `sscc:` and 18 digits (GS1), `container:` and an ISO 6346 number, or
 * `lpn:<organisation>/<number>` for a licence plate number that one organisation assigns (default: the reporter).
 * @throws IdentifierError if the number is not valid, RangeError if the form is none of these
 */
export function parseUnitId(text: string, organisation: string): string {
  const [, scheme, number] = /^([a-z]+):(.+)$/s.exec(text.trim()) ?? [];
  if (scheme === "sscc" && number !== undefined) return `sscc:${parseSscc(number)}`;
  if (scheme === "container" && number !== undefined) return `container:${parseContainer(number)}`;
  if (scheme === "lpn" && number !== undefined) return `lpn:${parseLicencePlate(number, organisation)}`;
  throw new RangeError("a unit must be sscc:<18 digits>, container:<ISO 6346 number> or lpn:<number>");
}

/** The type of a canonical unit id. */
export function unitTypeOf(id: string): UnitType {
  return id.slice(0, id.indexOf(":")) as UnitType;
}

function parseLicencePlate(text: string, organisation: string): string {
  const [, owner = organisation, number] =
    /^(?:([a-z]{3}_[a-z0-9]{1,32})\/)?([A-Za-z0-9._-]{1,48})$/.exec(text) ?? [];
  if (number === undefined)
    throw new RangeError("an lpn must have 1 to 48 letters, digits, dots, dashes and underscores");
  return `${owner}/${number}`;
}
