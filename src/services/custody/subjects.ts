import { parseCode } from "../../core/code/check.ts";
import { itemKey } from "../../core/code/serial.ts";
import { coalesce, type Range, segmentsOf } from "../../core/custody/segment.ts";
import type { CustodySubject } from "../../core/custody/statement.ts";
import { parseUnitId } from "../../core/custody/unit.ts";
import type { Part } from "../../core/ledger/record.ts";
import { nodeChain, unitChain } from "../../core/ledger/chain.ts";
import type { IssuedBatch, Placed } from "../../scan/batch-register.ts";
import type { ChainPart, Transaction } from "../ledger/transaction.ts";
import { invalid } from "../problem.ts";
import type { Service } from "../service.ts";

/** A subject in the words of a client. Positions and codes are inclusive at both ends. */
export type SubjectInput =
  | { batch: string; first: number; last: number }
  | { batch: string }
  | { firstCode: string; lastCode: string }
  | { codes: string[] }
  | { unit: string };

/** Ranges of positions by batch, and units by id. */
export interface Named {
  batches: { batch: IssuedBatch; ranges: Range[] }[];
  units: string[];
}

const UNIT_SALT_BYTES = 16;

/**
 * Resolves subjects: explicit codes are deciphered, sorted and joined into ranges.
 * @throws Problem that names the field
 */
export function nameSubjects(
  service: Service,
  subjects: SubjectInput[],
  organisation: string,
  field: string,
): Named {
  const ranges = new Map<IssuedBatch, Range[]>();
  const units = new Set<string>();
  const add = (batch: IssuedBatch, range: Range): void => {
    const known = ranges.get(batch);
    if (known) known.push(range);
    else ranges.set(batch, [range]);
  };
  subjects.forEach((subject, i) => {
    const at = `${field}.${i}`;
    if ("unit" in subject) units.add(unitId(subject.unit, organisation, `${at}.unit`));
    else if ("codes" in subject)
      subject.codes.forEach((code, n) => {
        const { batch, position } = placeCode(service, code, `${at}.codes.${n}`);
        add(batch, { from: position, to: position + 1 });
      });
    else if ("firstCode" in subject) {
      const first = placeCode(service, subject.firstCode, `${at}.firstCode`);
      const last = placeCode(service, subject.lastCode, `${at}.lastCode`);
      if (first.batch !== last.batch)
        throw invalid(`${at}.lastCode`, "is of another batch than firstCode", "two codes of one batch");
      add(first.batch, positions(first.batch, first.position, last.position, at));
    } else {
      const batch = batchOf(service, subject.batch, `${at}.batch`);
      const { first, last } = "first" in subject ? subject : { first: 0, last: batch.count - 1 };
      add(batch, positions(batch, first, last, at));
    }
  });
  return {
    batches: [...ranges].map(([batch, list]) => ({ batch, ranges: coalesce(list) })),
    units: [...units],
  };
}

/** The place of a typed code. @throws Problem for a mistyped or unknown code */
export function placeCode(service: Service, text: string, field: string): Placed {
  const placed = findCode(service, text, field);
  if (placed === null) throw invalid(field, "is not a code of this service", "a genuine code");
  return placed;
}

/** The place of a code; null for an unknown one. @throws Problem for a mistyped code */
export function findCode(service: Service, text: string, field: string): Placed | null {
  let code: string;
  try {
    code = parseCode(text);
  } catch (error) {
    throw invalid(field, (error as Error).message, "a code of 16 characters with its check character");
  }
  const opened = service.keyring.decipher(code, service.register.bySerial);
  if (opened === null) return null;
  const key = itemKey(opened.epoch, opened.serial);
  return { batch: opened.batch, position: key - opened.batch.start, key };
}

/** The subjects of the statement. Units get a salted name when they are named for the first time. */
export function statementSubjects(
  tx: Transaction,
  service: Service,
  named: Named,
  as?: Part,
): CustodySubject[] {
  const role = as === undefined ? {} : { as };
  return [
    ...named.batches.map(({ batch, ranges }) => ({
      batch: batch.id,
      segments: ranges.map(({ from, to }): [number, number] => [from, to]),
      ...role,
    })),
    ...named.units.map((id) => ({ unit: unitName(tx, service, id), ...role })),
  ];
}

/**
 * The chains that a custody subject extends: the node of each of its segments, or the unit's.
 * @throws Problem for an unknown batch or unit
 */
export function chainsOf(service: Service, subject: CustodySubject): ChainPart[] {
  const part = subject.as ?? "subject";
  if ("unit" in subject) return [{ of: `unit:${subject.unit}`, part }];
  const batch = batchOf(service, subject.batch, "subjects");
  return subject.segments.flatMap(([from, to]) =>
    segmentsOf({ from, to }, batch.count).map((segment) => {
      const node = { start: batch.start + segment.start, level: segment.level };
      return { of: nodeChain(service.trees.nodeHash(batch, segment)), part, node, batch: batch.start };
    }),
  );
}

/** The hex of a unit's chain name; creates the salt of a new unit. */
export function unitName(tx: Transaction, service: Service, id: string): string {
  const { units } = tx.store.custody;
  const known = units.find(id);
  if (known) return known.of.slice("unit:".length);
  const salt = service.platform.random(UNIT_SALT_BYTES);
  const of = unitChain(salt, id, service.platform.sha256);
  units.add(id, salt, of);
  return of.slice("unit:".length);
}

export function unitId(text: string, organisation: string, field: string): string {
  try {
    return parseUnitId(text, organisation);
  } catch (error) {
    throw invalid(field, (error as Error).message, "sscc:…, container:… or lpn:…");
  }
}

function batchOf(service: Service, id: string, field: string): IssuedBatch {
  const batch = service.register.get(id);
  if (batch === undefined)
    throw invalid(field, `batch ${id} does not exist or has no codes yet`, "the id of an issued batch");
  return batch;
}

function positions(batch: IssuedBatch, first: number, last: number, field: string): Range {
  if (
    !(
      Number.isSafeInteger(first) &&
      Number.isSafeInteger(last) &&
      0 <= first &&
      first <= last &&
      last < batch.count
    )
  )
    throw invalid(
      field,
      `positions ${first} to ${last} are not in the batch`,
      `0 <= first <= last <= ${batch.count - 1}`,
    );
  return { from: first, to: last + 1 };
}
