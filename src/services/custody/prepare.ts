import { refuseCorrection } from "../../core/custody/rules/permission.ts";
import type { PublicFields, Statement, Subject } from "../../core/ledger/record.ts";
import type { EventRow } from "../../store/derived/recorded.ts";
import { newId } from "../id.ts";
import { sealFields, type SealedFields } from "../ledger/statement.ts";
import type { Transaction } from "../ledger/transaction.ts";
import { invalid, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { checkInput } from "./check-input.ts";
import type { EventInput, PreparedEvent } from "./event.ts";
import { type Named, nameSubjects, statementSubjects, unitId, unitName } from "./subjects.ts";

/** The name of the sealed field of a document, by its position in the event. */
export const DOCUMENT_FIELD = /^document\/(0|[1-9]\d?)$/;

/**
 * Makes the statement of a reported event, with its sealed fields. Units named for the first time get their salted names
 * here, so that a client can sign exactly the stored statement.
 * @throws Problem that names the field
 */
export function prepareEvent(
  tx: Transaction,
  service: Service,
  caller: Caller,
  input: EventInput,
  field: string,
): PreparedEvent {
  checkInput(service, input, field);
  const subjects = subjectsOf(tx, service, caller, input, field);
  const sealed = sealFields(withDocuments(input), service.platform);
  const statement: Statement = {
    kind: input.kind,
    id: input.id ?? newId("evt"),
    at: input.at,
    actor: { organisation: caller.organisation, by: caller.key },
    subjects,
    public: publicFields(input, caller),
    sealed: sealed.digests,
  };
  return { statement, disclosures: sealed.disclosures };
}

function subjectsOf(
  tx: Transaction,
  service: Service,
  caller: Caller,
  input: EventInput,
  field: string,
): Subject[] {
  const { organisation } = caller;
  const named = nameSubjects(service, input.subjects, organisation, `${field}.subjects`);
  const subjects: Subject[] = statementSubjects(
    tx,
    service,
    named,
    input.kind === "transforming" ? "input" : undefined,
  );
  if (input.outputs) {
    const outputs = nameSubjects(service, input.outputs, organisation, `${field}.outputs`);
    if (overlap(named, outputs))
      throw invalid(`${field}.outputs`, "are among the subjects too", "other goods than those used up");
    subjects.push(...statementSubjects(tx, service, outputs, "output"));
  }
  const unit = input.into ?? input.from;
  if (unit !== undefined) {
    const at = `${field}.${input.into === undefined ? "from" : "into"}`;
    const id = unitId(unit, organisation, at);
    if (named.units.includes(id)) throw invalid(at, "is among the subjects too", "another unit");
    subjects.push({ unit: unitName(tx, service, id), as: "parent" });
  }
  if (input.kind === "correcting") subjects.push(...correctedSubjects(tx, caller, input, field));
  return subjects;
}

function overlap(a: Named, b: Named): boolean {
  if (a.units.some((unit) => b.units.includes(unit))) return true;
  return a.batches.some(({ batch, ranges }) => {
    const other = b.batches.find((one) => one.batch === batch)?.ranges ?? [];
    return ranges.some((one) => other.some(({ from, to }) => from < one.to && one.from < to));
  });
}

/** A correction has the subjects of the corrected event, in the same parts, so that it extends the same chains. */
function correctedSubjects(tx: Transaction, caller: Caller, input: EventInput, field: string): Subject[] {
  const { id, organisation = caller.organisation } = input.corrects as { id: string; organisation?: string };
  const event = tx.store.custody.recorded.eventByStatement(organisation, id);
  if (event === undefined)
    throw invalid(`${field}.corrects`, `there is no event ${id} of ${organisation}`, "an event's id");
  requireCorrectable(caller, event, field);
  const row = tx.store.ledger.record(event.index);
  if (row === undefined) throw new RangeError(`record ${event.index} is missing`);
  return (JSON.parse(new TextDecoder().decode(row.bytes)) as { statement: Statement }).statement.subjects;
}

/** @throws Problem forbidden, conflict or invalid_request for an event that the caller may not correct */
function requireCorrectable(caller: Caller, event: EventRow, field: string): void {
  const { organisation, kind, statement, correctedBy } = event;
  const { role } = caller;
  const target = { organisation, kind, corrected: correctedBy !== null };
  const actor = {
    organisation: caller.organisation,
    role: role === "anonymous" ? "enterprise" : role,
  } as const;
  switch (refuseCorrection(actor, target)?.rule) {
    case undefined:
      return;
    case "correction_of_another":
      throw new Problem("forbidden", "an event is corrected by its own reporter, or by the authority");
    case "corrected_twice":
      throw new Problem("conflict", `event ${statement} is already corrected`);
    default:
      throw invalid(
        `${field}.corrects`,
        `a ${kind} event cannot be corrected`,
        "report a new event, or lift the recall",
      );
  }
}

function publicFields(input: EventInput, caller: Caller): PublicFields {
  const { disposition, place, reports, readings, seal, to, carrier, fields, reason, replacement } = input;
  const chosen: PublicFields = {
    disposition,
    place,
    reports,
    readings,
    seal,
    to,
    carrier,
    fields,
    reason,
    replacement,
  };
  if (input.declaration) {
    const { tradeMode, customsOffice, declaredOn } = input.declaration;
    chosen["declaration"] = withoutUndefined({ tradeMode, customsOffice, declaredOn });
  }
  if (input.corrects)
    chosen["corrects"] = {
      id: input.corrects.id,
      organisation: input.corrects.organisation ?? caller.organisation,
    };
  return withoutUndefined(chosen);
}

function withoutUndefined(fields: PublicFields): PublicFields {
  const given: PublicFields = {};
  for (const name in fields) if (fields[name] !== undefined) given[name] = fields[name];
  return given;
}

/** Document numbers and declarations are visible to the parties, unless their reporter chooses another tier. */
function withDocuments(input: EventInput): SealedFields {
  const sealed: SealedFields = { ...input.sealed };
  if (input.declaration)
    sealed.parties = { ...sealed.parties, declaration: withoutUndefined({ ...input.declaration }) };
  input.documents?.forEach(({ type, number, tier = "parties" }, i) => {
    sealed[tier] = { ...sealed[tier], [`document/${i}`]: { type, number } };
  });
  return sealed;
}
