import { type CustodyStatement, readStatement } from "../../core/custody/statement.ts";
import { refuseRecall } from "../../core/custody/rules/permission.ts";
import { coalesce, type Range, sizeOf } from "../../core/custody/segment.ts";
import { parseUnitId } from "../../core/custody/unit.ts";
import { parseVin } from "../../core/goods/vin.ts";
import type { Statement, Subject } from "../../core/ledger/record.ts";
import type { RecallRow } from "../../store/derived/recalls.ts";
import type { IssuedBatch } from "../../scan/batch-register.ts";
import { Cursors, type ListInput } from "../cursor.ts";
import { newId } from "../id.ts";
import type { WriteRequest, Transaction } from "../ledger/transaction.ts";
import { MAX_CHAINS } from "../../core/ledger/entry.ts";
import { segmentsOf } from "../../core/custody/segment.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { contentsDuring } from "./contents.ts";
import { StoreReader } from "./reader.ts";
import { appendStatement } from "./record-events.ts";
import { nameSubjects, type SubjectInput } from "./subjects.ts";

/** The scope of a recall: exactly one of these. */
export type RecallScope =
  | { product: string }
  | { product: string; lot: string }
  | { subjects: SubjectInput[] }
  | { vin: string }
  | { container: string; from: string; to: string };

export interface RecallInput {
  scope: RecallScope;
  /** Public. */
  reason: string;
  /** 1 (serious harm) to 3 (labelling): the three levels of food law. */
  level: 1 | 2 | 3;
  /** Advice to consumers. */
  advice?: string;
}

/** The reach of a recall, computed for the draft. */
export interface RecallReach {
  codes: number;
  batches: { batch: string; lot: string; product: string; enterprise: string; codes: number }[];
  /** Codes by status at the time of the draft. */
  byStatus: Record<string, number>;
}

export interface RecallView extends Omit<RecallInput, "scope"> {
  id: string;
  /** Others than its maker and the authority see a product, lot or vehicle only, and no code or unit. */
  scope?: RecallScope;
  status: RecallRow["status"];
  organisation: string;
  reach: RecallReach;
  created: string;
  confirmed?: string;
  lifted?: string;
}

interface Reached {
  batch: IssuedBatch;
  ranges: Range[];
}

/**
 * Drafts a recall: computes its reach and changes nothing yet. An enterprise recalls codes of its own batches.
 * @throws Problem invalid_request where the scope names nothing, forbidden
 */
export async function draftRecall(
  service: Service,
  caller: Caller,
  input: RecallInput,
  once?: WriteRequest,
): Promise<RecallView> {
  const { value } = await service.writer.submitOnce(once, (tx) => {
    const reached = reach(service, tx, caller, input.scope);
    const total = reachOfRanges(tx, reached);
    if (total.codes === 0) throw invalid("scope", "reaches no code", "goods that have codes");
    const id = newId("rec");
    tx.store.custody.recalls.addRecall({
      id,
      organisation: caller.organisation,
      terms: JSON.stringify(input),
      codes: total.codes,
      reach: JSON.stringify(total),
      createdAt: tx.nowMs,
    });
    for (const { batch, ranges } of reached)
      for (const { from, to } of ranges)
        tx.store.custody.recalls.addRecallRange(id, batch.start + from, batch.start + to);
    return viewRecall(tx.store.custody.recalls.recall(id) as RecallRow, true);
  });
  return value;
}

/**
 * Confirms a draft: from the commit, every scan of these codes answers recalled.
 * @param codes the number of codes in the draft's reach, repeated as confirmation
 * @throws Problem conflict where it is no draft, or `codes` is another number
 */
export async function confirmRecall(
  service: Service,
  caller: Caller,
  id: string,
  codes: number,
  once?: WriteRequest,
): Promise<RecallView> {
  const { value: view } = await service.writer.submitOnce(once, (tx) => {
    const row = ownRecall(tx, caller, id);
    if (row.status !== "draft") throw new Problem("conflict", `recall ${id} is ${row.status}, not a draft`);
    if (codes !== row.codes)
      throw new Problem("conflict", `the draft reaches ${row.codes} codes, not ${codes}`, {
        extra: { codes: row.codes },
      });
    const terms = JSON.parse(row.terms) as RecallInput;
    appendRecords(service, tx, caller, "recalling", row, {
      level: terms.level,
      reason: terms.reason,
      advice: terms.advice,
    });
    tx.store.custody.recalls.confirmRecall(id, tx.nowMs);
    return viewRecall(tx.store.custody.recalls.recall(id) as RecallRow, true);
  });
  service.scan.recallsChanged();
  return view;
}

/** Lifts an active recall; only the authority may. @throws Problem conflict where it is not active */
export async function liftRecall(
  service: Service,
  caller: Caller,
  id: string,
  reason: string,
  once?: WriteRequest,
): Promise<RecallView> {
  const { value: view } = await service.writer.submitOnce(once, (tx) => {
    const row = ownRecall(tx, caller, id);
    if (row.status !== "active") throw new Problem("conflict", `recall ${id} is ${row.status}, not active`);
    appendRecords(service, tx, caller, "lifting", row, { reason });
    tx.store.custody.recalls.liftRecall(id, tx.nowMs);
    return viewRecall(tx.store.custody.recalls.recall(id) as RecallRow, true);
  });
  service.scan.recallsChanged();
  return view;
}

/** Recalls, newest first. Confirmed ones are public; drafts are visible to their maker and the authority. */
export function listRecalls(
  service: Service,
  caller: Caller,
  { limit, cursor }: ListInput,
): { items: RecallView[]; next: string | null } {
  const cursors = new Cursors("recalls");
  const after = cursors.placeOf(cursor);
  // Recalls are few, so all are read: an index would not pay.
  const found = service.store.custody.recalls
    .recalls()
    .filter((row) => row.createdAt < after.at || (row.createdAt === after.at && row.id < after.id))
    .filter((row) => row.status !== "draft" || isInsider(caller, row));
  const { rows, next } = cursors.page(found, limit, (row) => ({ at: row.createdAt, id: row.id }));
  return { items: rows.map((row) => viewRecall(row, isInsider(caller, row))), next };
}

/** @throws Problem not_found */
export function getRecall(service: Service, caller: Caller, id: string): RecallView {
  const row = service.store.custody.recalls.recall(id);
  if (row === undefined || (row.status === "draft" && !isInsider(caller, row))) throw notFound("recall", id);
  return viewRecall(row, isInsider(caller, row));
}

/** Whether a caller sees drafts, and codes and units in a scope: its maker and the authority do. */
function isInsider(caller: Caller, row: RecallRow): boolean {
  return caller.role === "authority" || caller.organisation === row.organisation;
}

function ownRecall(tx: Transaction, caller: Caller, id: string): RecallRow {
  const row = tx.store.custody.recalls.recall(id);
  if (row === undefined || !isInsider(caller, row)) throw notFound("recall", id);
  return row;
}

function reach(service: Service, tx: Transaction, caller: Caller, scope: RecallScope): Reached[] {
  const reached = reachOf(service, tx, caller, scope);
  const owners = reached.map(({ batch }) => batch.organisation);
  const role = caller.role === "anonymous" ? "enterprise" : caller.role;
  if (refuseRecall({ organisation: caller.organisation, role }, owners) !== undefined)
    throw new Problem("forbidden", "an enterprise recalls its own batches; the authority recalls any");
  return reached;
}

function reachOf(service: Service, tx: Transaction, caller: Caller, scope: RecallScope): Reached[] {
  if ("product" in scope) {
    const lot = "lot" in scope ? scope.lot : undefined;
    return service.register.all
      .filter((batch) => batch.product === scope.product && (lot === undefined || batch.lot === lot))
      .map((batch) => ({ batch, ranges: [{ from: 0, to: batch.count }] }));
  }
  if ("vin" in scope) return [byVin(service, tx, scope.vin)];
  if ("container" in scope) return byContainer(service, tx, caller, scope);
  const named = nameSubjects(service, scope.subjects, caller.organisation, "scope.subjects");
  if (named.units.length > 0)
    throw invalid(
      "scope.subjects",
      "a recall names codes",
      "batches, positions or codes; for a container a window of time",
    );
  return named.batches;
}

function byVin(service: Service, tx: Transaction, text: string): Reached {
  let vin: string;
  try {
    vin = parseVin(text).value;
  } catch (error) {
    throw invalid("scope.vin", (error as Error).message);
  }
  const key = tx.store.batches.vehicle(vin);
  const batch = key === undefined ? null : service.register.find(key);
  if (key === undefined || batch === null) throw invalid("scope.vin", `no code is bound to vehicle ${vin}`);
  return { batch, ranges: [{ from: key - batch.start, to: key - batch.start + 1 }] };
}

function byContainer(
  service: Service,
  tx: Transaction,
  caller: Caller,
  scope: { container: string; from: string; to: string },
): Reached[] {
  const id = containerId(scope.container, caller.organisation);
  const unit = tx.store.custody.units.find(id);
  if (unit === undefined) throw invalid("scope.container", `no event names ${id}`);
  const window = {
    from: { atMs: Date.parse(scope.from), index: -1 },
    to: { atMs: Date.parse(scope.to), index: Number.MAX_SAFE_INTEGER },
  };
  if (window.from.atMs > window.to.atMs) throw invalid("scope.to", "is before scope.from");
  const reader = new StoreReader(tx.store, service.register);
  const byBatch = new Map<IssuedBatch, Range[]>();
  for (const { level, start } of contentsDuring(reader, unit.number, window).segments) {
    const batch = reader.batchAt(start);
    const from = start - batch.start;
    const range = { from, to: Math.min(from + 2 ** level, batch.count) };
    const known = byBatch.get(batch);
    if (known) known.push(range);
    else byBatch.set(batch, [range]);
  }
  return [...byBatch].map(([batch, ranges]) => ({ batch, ranges: coalesce(ranges) }));
}

function containerId(text: string, organisation: string): string {
  try {
    return parseUnitId(text.includes(":") ? text : `container:${text}`, organisation);
  } catch (error) {
    throw invalid("scope.container", (error as Error).message, "a container's or another unit's number");
  }
}

function reachOfRanges(tx: Transaction, reached: Reached[]): RecallReach {
  const byStatus: Record<string, number> = {};
  const count = (status: string, codes: number): void => {
    if (codes > 0) byStatus[status] = (byStatus[status] ?? 0) + codes;
  };
  for (const { batch, ranges } of reached)
    for (const { from, to } of ranges) {
      let untouched = to - from;
      for (const row of tx.store.custody.states.states(batch.start + from, batch.start + to)) {
        const codes = Math.min(row.end, batch.start + to) - Math.max(row.start, batch.start + from);
        count(row.status, codes);
        untouched -= codes;
      }
      count("issued", untouched);
    }
  return {
    codes: reached.reduce((sum, { ranges }) => sum + sizeOf(ranges), 0),
    batches: reached.map(({ batch, ranges }) => ({
      batch: batch.id,
      lot: batch.lot,
      product: batch.product,
      enterprise: batch.organisation,
      codes: sizeOf(ranges),
    })),
    byStatus,
  };
}

/** Appends one record, or several where the codes are too scattered for one. */
function appendRecords(
  service: Service,
  tx: Transaction,
  caller: Caller,
  kind: "recalling" | "lifting",
  row: RecallRow,
  fields: Record<string, unknown>,
): void {
  const shown = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  subjectGroups(service, tx, row.id).forEach((subjects, i) => {
    const statement: Statement = {
      kind,
      id: `${row.id}/${kind}/${i}`,
      at: new Date(tx.nowMs).toISOString(),
      actor: { organisation: caller.organisation, by: caller.key },
      subjects,
      public: { recall: row.id, ...shown },
      sealed: [],
    };
    appendStatement(
      tx,
      service,
      { statement, disclosures: [] },
      readStatement(statement) as CustodyStatement,
    );
  });
}

function subjectGroups(service: Service, tx: Transaction, recall: string): Subject[][] {
  const groups: Subject[][] = [];
  let room = 0;
  for (const { start, end } of tx.store.custody.recalls.recallRanges(recall)) {
    const batch = service.register.find(start);
    if (batch === null) throw new RangeError(`no batch has item key ${start}`);
    const segment: [number, number] = [start - batch.start, end - batch.start];
    const chains = segmentsOf({ from: segment[0], to: segment[1] }, batch.count).length;
    if (chains > room) {
      groups.push([]);
      room = MAX_CHAINS;
    }
    room -= chains;
    const group = groups.at(-1) as Subject[];
    const last = group.at(-1);
    if (last && "segments" in last && last.batch === batch.id) last.segments.push(segment);
    else group.push({ batch: batch.id, segments: [segment] });
  }
  return groups;
}

function viewRecall(row: RecallRow, insider: boolean): RecallView {
  const { scope, ...terms } = JSON.parse(row.terms) as RecallInput;
  const view: RecallView = {
    ...terms,
    ...(insider || "product" in scope || "vin" in scope ? { scope } : {}),
    id: row.id,
    status: row.status,
    organisation: row.organisation,
    reach: JSON.parse(row.reach) as RecallReach,
    created: new Date(row.createdAt).toISOString(),
  };
  if (row.confirmedAt !== null) view.confirmed = new Date(row.confirmedAt).toISOString();
  if (row.liftedAt !== null) view.lifted = new Date(row.liftedAt).toISOString();
  return view;
}
