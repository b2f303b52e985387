import { batchStatements, type BatchStatements } from "./batches.ts";
import { Answers } from "./answers.ts";
import { type Behind, behindOn } from "./behind.ts";
import type { Binding } from "./binding.ts";
import { AddedRows } from "./added-rows.ts";
import { Custody } from "./derived/custody.ts";
import { DEFAULT_MEMORY_BYTES } from "./derived/memory.ts";
import { UndoLog } from "./derived/undo-log.ts";
import { filingStatements, type FilingStatements } from "./filing.ts";
import { KeptRows } from "./kept-rows.ts";
import { ledgerStatements, type LedgerStatements } from "./log.ts";
import { scanStatements, type ScanStatements } from "./scans.ts";
import { serviceStatements, type ServiceStatements } from "./service.ts";
import { statementsOn } from "./statement.ts";
import { type Transactions, transactionsOn } from "./transactions.ts";

/**
 * The store: every statement of the service, prepared once, on one SQLite database.
 *
 * The contract, on every runtime (tests/store/contract.ts checks it):
 * - All calls are synchronous. Reads see everything committed before them; inside `transact` they also see what the
 *   transaction has written so far.
 * - Only the writer (services/ledger/writer.ts) and the scan log open transactions. When `transact` returns, its writes
 *   are durable; when it throws, none was made. `transactSoon` also commits before it returns but does not wait for the
 *   disk: its writes are durable when its promise resolves, and until then only a failure of the machine, not of the
 *   process, can lose them. `savepoint` undoes one job of a group without the others.
 * - Records in `ledger` are never changed or deleted. Everything under `custody` except units' salts can be rebuilt from
 *   them. Sealed fields may be erased. A crash may lose scans since the last flush; everything under `scans` except its
 *   blocks is derived from the blocks.
 * - Times are integer milliseconds since 1970. Keys of codes are item keys (epoch·2^45 + serial).
 */
export interface Store extends Transactions, Behind {
  ledger: LedgerStatements;
  custody: Custody;
  filing: FilingStatements;
  batches: BatchStatements;
  scans: ScanStatements;
  service: ServiceStatements;
  /** Runs many reads on one state of the store, with one lock for all. Do not call it inside `transact`. */
  reading<T>(work: () => T): T;
  /** Call after erasing. Removes the data from the files too, once no other process reads them. */
  purge(): void;
  close(): void;
}

/**
 * Prepares every statement on a database that has the newest schema.
 * @param memoryBytes for custody's state
 */
export function openStore(binding: Binding, memoryBytes = DEFAULT_MEMORY_BYTES): Store {
  const prepare = statementsOn(binding);
  const kept = new KeptRows();
  const undo = new UndoLog();
  const added = new AddedRows(undo);
  const ledger = ledgerStatements(prepare, added, undo);
  const answers = new Answers(prepare, undo);
  const custody = new Custody({ prepare, ledger, added, undo, also: [answers.index] }, memoryBytes);
  const service = serviceStatements(prepare, answers);
  return {
    ledger,
    custody,
    filing: filingStatements(prepare, kept),
    batches: batchStatements(prepare),
    scans: scanStatements(prepare),
    service,
    ...transactionsOn(binding, { undo, added, kept }),
    ...behindOn(binding, { ledger, custody, service, answers }),
    reading: (work) => binding.reading(work),
    purge: () => binding.purge(),
    close: () => binding.close(),
  };
}
