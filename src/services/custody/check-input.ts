import { type Kind, ruleOf } from "../../core/custody/vocabulary.ts";
import { parseCountry } from "../../core/goods/country.ts";
import { parseCustomsNumber } from "../../core/goods/declaration-number.ts";
import { parseDecimal } from "../../core/goods/decimal.ts";
import { parseGln } from "../../core/goods/gln.ts";
import { parseLocode } from "../../core/goods/locode.ts";
import { checkRequirements } from "../../core/goods/requirements.ts";
import { parseContainerSeal } from "../../core/goods/container-seal.ts";
import { parseUnitOfMeasure } from "../../core/goods/unit-of-measure.ts";
import { FieldReader } from "../field-reader.ts";
import { invalid } from "../problem.ts";
import type { Service } from "../service.ts";
import type { EventInput } from "./event.ts";

const MAX_READING_DIGITS = 18;

/** Fields that a kind requires. */
const NEEDS: Partial<Record<Kind, (keyof EventInput)[]>> = {
  packing: ["into"],
  loading: ["into"],
  unpacking: ["from"],
  shipping: ["to"],
  delegating: ["to"],
  correcting: ["corrects", "reason"],
  transforming: ["outputs"],
  declaring: ["declaration"],
  reporting: ["reports"],
  sensing: ["readings"],
  sealing: ["seal"],
};

/** Fields that only some kinds take. */
const ONLY_FOR: [keyof EventInput, Kind[]][] = [
  ["into", ["packing", "loading"]],
  ["from", ["unpacking", "unloading"]],
  ["to", ["shipping", "delegating"]],
  ["carrier", ["shipping"]],
  ["outputs", ["transforming"]],
  ["corrects", ["correcting"]],
  ["reason", ["correcting"]],
  ["replacement", ["correcting"]],
  ["declaration", ["declaring"]],
];

/**
 * Checks that an event has every field that its kind requires, no field that would be ignored, and valid values.
 * @throws Problem invalid_request that names the fields
 */
export function checkInput(service: Service, input: EventInput, field: string): void {
  checkShape(input, field);
  checkNames(input, field);
  checkOrganisations(service, input, field);
  const reader = new FieldReader();
  const { place, seal, readings, declaration } = input;
  reader.readOptional(`${field}.place.country`, place?.country, parseCountry);
  reader.readOptional(`${field}.place.locode`, place?.locode, parseLocode);
  reader.readOptional(`${field}.place.gln`, place?.gln, parseGln);
  if (seal) reader.read(`${field}.seal`, () => parseContainerSeal(seal));
  readings?.forEach(({ value, unit }, i) => {
    reader.read(`${field}.readings.${i}.value`, () =>
      parseDecimal(value.replace(/^-/, ""), MAX_READING_DIGITS),
    );
    reader.read(`${field}.readings.${i}.unit`, () => parseUnitOfMeasure(unit));
  });
  if (declaration) {
    reader.readOptional(`${field}.declaration.number`, declaration.number, parseCustomsNumber);
    const { tradeMode: mode, category = "consumer_goods", ...given } = declaration;
    const found = reader.read(`${field}.declaration.tradeMode`, () =>
      checkRequirements("declaring", { mode, category }, given),
    );
    if (found)
      reader.take(found.map((problem) => ({ ...problem, field: `${field}.declaration.${problem.field}` })));
  }
  reader.assertSound();
}

function checkShape(input: EventInput, field: string): void {
  for (const name of NEEDS[input.kind] ?? [])
    if (input[name] === undefined) throw invalid(`${field}.${name}`, `is required for ${input.kind}`);
  for (const [name, kinds] of ONLY_FOR)
    if (input[name] !== undefined && !kinds.includes(input.kind))
      throw invalid(
        `${field}.${name}`,
        `is not a field of ${input.kind}`,
        `only ${kinds.join(" or ")} takes it`,
      );
  const emptying = ruleOf(input.kind).moves === "out" && input.from !== undefined;
  if (input.subjects.length === 0 && !emptying && input.kind !== "correcting")
    throw invalid(`${field}.subjects`, "must name at least one subject");
  if (input.kind === "correcting" && input.subjects.length > 0)
    throw invalid(
      `${field}.subjects`,
      "a correction names no subjects: it takes those of the corrected event",
      "an empty list",
    );
}

/** The names of sealed fields are unique within an event; some are reserved. */
function checkNames({ sealed = {} }: EventInput, field: string): void {
  const seen = new Set<string>();
  for (const [tier, fields] of Object.entries(sealed))
    for (const name of Object.keys(fields)) {
      if (name === "declaration" || name.startsWith("document/"))
        throw invalid(`${field}.sealed.${tier}.${name}`, "is a reserved name", "another name");
      if (seen.has(name))
        throw invalid(`${field}.sealed.${tier}.${name}`, "is sealed in two tiers", "one tier for a field");
      seen.add(name);
    }
}

function checkOrganisations(service: Service, input: EventInput, field: string): void {
  for (const name of ["to", "carrier"] as const) {
    const id = input[name];
    if (id === undefined) continue;
    const known = service.store.filing.organisation(id);
    // Delegating to an assessor engages it.
    const engages = name === "to" && input.kind === "delegating" && known?.role === "assessor";
    if (known?.status !== "approved" || !(engages || known.role === "enterprise"))
      throw invalid(`${field}.${name}`, `there is no approved enterprise ${id}`, "an enterprise's id");
  }
  for (const [i, { digest }] of (input.reports ?? []).entries())
    if (service.store.service.file(digest) === undefined)
      throw invalid(
        `${field}.reports.${i}.digest`,
        "no file with this digest is stored",
        "that of a file sent to /v1/files",
      );
}
