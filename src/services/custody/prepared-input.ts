import { openDisclosure } from "../../core/ledger/disclosure.ts";
import { isCustodySubject, type CustodySubject } from "../../core/custody/statement.ts";
import { isKind, ruleOf } from "../../core/custody/vocabulary.ts";
import { invalid } from "../problem.ts";
import type { Service } from "../service.ts";
import type { DocumentInput, PreparedEvent } from "./event.ts";
import { DOCUMENT_FIELD } from "./prepare.ts";
import type { SubjectInput } from "./subjects.ts";

/**
 * The input from which a statement was prepared: the inverse of `prepareEvent`, so that signed events pass the same rules
 * as unsigned ones. The caller still validates its fields.
 * @param field path of the event in the request
 * @throws Problem for an unknown unit or a malformed disclosure
 */
export function preparedInput(
  service: Service,
  { statement, disclosures }: PreparedEvent,
  field: string,
): Record<string, unknown> {
  const { kind, id, at } = statement;
  const { declaration: _shown, ...fields } = statement.public;
  const subjects = statement.subjects.filter(isCustodySubject);
  const named = (as: CustodySubject["as"]): SubjectInput[] =>
    subjects
      .filter((subject) => subject.as === as)
      .flatMap((subject) => subjectInput(service, subject, `${field}.statement.subjects`));
  const input: Record<string, unknown> = { ...fields, ...sealedInput(disclosures, field), kind, id, at };
  // A correction takes the subjects of the corrected event.
  input["subjects"] = kind === "correcting" ? [] : named(kind === "transforming" ? "input" : undefined);
  if (kind === "correcting") return input;
  const outputs = named("output");
  if (outputs.length > 0) input["outputs"] = outputs;
  const [parent] = named("parent");
  if (parent !== undefined && "unit" in parent)
    input[isKind(kind) && ruleOf(kind).moves === "in" ? "into" : "from"] = parent.unit;
  return input;
}

function subjectInput(service: Service, subject: CustodySubject, field: string): SubjectInput[] {
  if (!("unit" in subject))
    return subject.segments.map(([from, to]) => ({ batch: subject.batch, first: from, last: to - 1 }));
  const { units } = service.store.custody;
  const number = units.numberOf(`unit:${subject.unit}`);
  const unit = number === undefined ? undefined : units.byNumber(number);
  if (unit === undefined) throw invalid(field, "names a unit that was not prepared here");
  return [{ unit: unit.id }];
}

/** The declaration, documents and other sealed fields of the disclosures. */
function sealedInput(disclosures: PreparedEvent["disclosures"], field: string): Record<string, unknown> {
  const sealed: Record<string, Record<string, unknown>> = {};
  const documents: DocumentInput[] = [];
  let declaration: unknown;
  for (const { tier, text } of disclosures) {
    const { name, value } = readDisclosure(text, `${field}.disclosures`);
    const [, place] = DOCUMENT_FIELD.exec(name) ?? [];
    if (place !== undefined) documents[Number(place)] = { ...(value as DocumentInput), tier };
    else if (name === "declaration") declaration = value;
    else sealed[tier] = { ...sealed[tier], [name]: value };
  }
  return {
    ...(Object.keys(sealed).length > 0 ? { sealed } : {}),
    ...(documents.length > 0 ? { documents } : {}),
    ...(declaration === undefined ? {} : { declaration }),
  };
}

function readDisclosure(text: string, field: string): { name: string; value: unknown } {
  try {
    return openDisclosure(text);
  } catch (error) {
    throw invalid(field, (error as Error).message, "a disclosure as it was prepared");
  }
}
