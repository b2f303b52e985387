import { batchStatements, type BatchStatements } from "./batches.ts";
import type { Binding } from "./binding.ts";
import { custodyStatements, type CustodyStatements } from "./derived/events.ts";
import { directOn } from "./direct.ts";
import { filingStatements, type FilingStatements } from "./filing.ts";
import { ledgerStatements, type LedgerStatements } from "./log.ts";
import { scanStatements, type ScanStatements } from "./scans.ts";
import { serviceStatements, type ServiceStatements } from "./service.ts";

/**
 * The store: every statement of the service, prepared once, over one SQLite database.
 *
 * The contract, whichever runtime binds it:
 * - All calls are synchronous. Reads see everything committed before them, and inside `transact` also what the
 *   transaction wrote so far.
 * - Only the writer (services/ledger/writer.ts) and the scan log open transactions. When `transact` returns, its writes
 *   are durable; when it throws, none of them is there. `transactSoon` commits as well before it returns, and does not
 *   wait for the disk: what it wrote is durable when its promise resolves, and till then goes only with the machine, not
 *   with the process. `savepoint` undoes one job of a group without the others.
 * - `ledger` records are never changed or deleted. Everything under `custody` but units' salts can be derived from them
 *   again. Sealed fields may be erased. Scans may lose what the last flush did not hold; all under `scans` but its blocks
 *   is derived from them.
 * - Times are integer milliseconds since 1970; keys of codes are item keys (epoch·2^45 + serial).
 */
export interface Store {
  ledger: LedgerStatements;
  custody: CustodyStatements;
  filing: FilingStatements;
  batches: BatchStatements;
  scans: ScanStatements;
  service: ServiceStatements;
  transact<T>(work: () => T): T;
  transactSoon(work: () => void): Promise<void>;
  savepoint<T>(work: () => T): T;
  /** Many reads together: a lock taken and left for each costs two thirds as much again. Not inside `transact`. */
  reading<T>(work: () => T): T;
  /** To be called after something was erased: takes it out of the files too, as soon as nobody else reads them. */
  purge(): void;
  close(): void;
}

export function openStore(binding: Binding): Store {
  const { db } = binding;
  const direct = directOn(binding.prepare);
  return {
    ledger: ledgerStatements(db, direct),
    custody: custodyStatements(db, direct),
    filing: filingStatements(db, direct),
    batches: batchStatements(db, direct),
    scans: scanStatements(db),
    service: serviceStatements(db, direct),
    transact: (work) => binding.transact(work),
    transactSoon: (work) => binding.transactSoon(work),
    savepoint: (work) => binding.savepoint(work),
    reading: (work) => binding.reading(work),
    purge: () => binding.purge?.(),
    close: () => binding.close(),
  };
}
