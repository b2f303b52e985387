import { isCustodySubject, partOf, readStatement } from "../../core/custody/statement.ts";
import { isNodeChain } from "../../core/ledger/chain.ts";
import type { LedgerRecord } from "../../core/ledger/record.ts";
import type { BatchRegister } from "../../scan/batch-register.ts";
import type { Extension } from "../../store/derived/custody.ts";
import type { Store } from "../../store/store.ts";
import { Checking } from "./check.ts";
import { moveOf } from "./move.ts";
import { segmentThings } from "./reader.ts";

/** Records read at once. */
const RECORDS_A_READ = 512;
/** Changes that wait in memory while many records are applied. */
const MOST_UNWRITTEN = 50_000;

const decoder = new TextDecoder();

/** What applying records again needs: the store, and the batches that it has. */
interface Needs {
  store: Store;
  register: BatchRegister;
}

/** How far it is. */
export type CatchUpProgress = (done: number, total: number) => void;

/**
 * Applies the records that custody's tables do not stand for yet: the last ones before a process was killed, or all of
 * them, where an older version wrote the store. What was not finished goes on at the next start.
 * @param write false for a store that is only read: everything stays in memory
 */
export function catchUp(
  { store, register }: Needs,
  write: boolean,
  progress: CatchUpProgress = () => undefined,
): void {
  const { custody, ledger } = store;
  const from = store.derivedThrough();
  const size = ledger.size();
  if (from >= size) return;
  try {
    for (let at = from; at < size;) {
      const rows = ledger.records(at, Math.min(at + RECORDS_A_READ, size));
      const [first] = rows;
      if (first === undefined) throw new RangeError(`the log has no record ${at}`);
      for (const { index, bytes } of rows) {
        custody.chains.readAsOf(index);
        applyRecord({ store, register }, index, JSON.parse(decoder.decode(bytes)) as LedgerRecord);
        custody.undo.clear();
      }
      at += rows.length;
      if (write && custody.unwritten > MOST_UNWRITTEN) writeThrough(store, at);
      progress(at, size);
    }
  } finally {
    custody.chains.readAsOf(Number.POSITIVE_INFINITY);
  }
  if (write) writeThrough(store, size);
}

function writeThrough(store: Store, size: number): void {
  while (!store.writeBehind(() => true, size));
}

/** Applies one record as recording did, and derives what follows from it for its goods. */
function applyRecord({ store, register }: Needs, index: number, record: LedgerRecord): void {
  const { custody } = store;
  const { statement, chains } = record;
  const read = readStatement(statement);
  const nodes: Extension[] = [];
  const units = new Map<string, Extension>();
  if (read !== undefined)
    for (const subject of statement.subjects.filter(isCustodySubject)) {
      const part = partOf(subject);
      const move = moveOf(read, part) ?? "none";
      if ("unit" in subject) {
        const of = `unit:${subject.unit}`;
        units.set(of, { key: custody.keyNamed(of), part, move });
        continue;
      }
      const batch = register.get(subject.batch);
      if (batch === undefined) continue;
      for (const [from, to] of subject.segments)
        for (const key of segmentThings({ from, to }, batch))
          nodes.push({ key, part, move, batch: batch.start });
    }
  const named = chains
    .filter(({ of }) => !isNodeChain(of))
    .map(
      ({ of }): Extension => units.get(of) ?? { key: custody.keyNamed(of), part: "subject", move: "none" },
    );
  const { corrects } = read ?? {};
  custody.apply({
    index,
    atMs: Date.parse(statement.at),
    kind: statement.kind,
    organisation: statement.actor.organisation,
    statement: statement.id,
    unit: read?.parent === undefined ? undefined : custody.units.numberOf(`unit:${read.parent}`),
    to: read?.to,
    carrier: read?.carrier,
    recall: read?.recall,
    corrects: corrects && custody.recorded.indexOf(corrects.organisation, corrects.id),
    extends: [...named, ...nodes],
  });
  if (read === undefined) return;
  const checking = new Checking({ register }, { store });
  checking.add(index, statement, read, [...units.values(), ...nodes]);
  checking.clearances.note(statement, index);
  checking.derive();
}
