import type { Keyring } from "./core/code/keyring.ts";
import type { LogIdentity, MakeBackup, Platform } from "./platform.ts";
import { BatchRegister } from "./scan/batch-register.ts";
import { Scan } from "./scan/scan.ts";
import { Sweep } from "./services/audit/sweep.ts";
import { Issuer } from "./services/codes/issuer.ts";
import { catchUp, type CatchUpProgress } from "./services/custody/catch-up.ts";
import { PinTries } from "./services/codes/pin-tries.ts";
import { BatchTrees } from "./services/codes/tree.ts";
import { recordStandings } from "./services/filing/record-standings.ts";
import { Publisher, type Witnessing } from "./services/ledger/publisher.ts";
import { Integrity } from "./services/integrity.ts";
import { Writer } from "./services/ledger/writer.ts";
import type { Service } from "./services/service.ts";
import type { Settings } from "./services/settings.ts";
import type { StoredCheckpoint } from "./store/log.ts";
import type { Store } from "./store/store.ts";

/** The parts that a runtime brings to a service. */
export interface Parts {
  store: Store;
  /** The keys of every epoch. */
  keyring: Keyring;
  /** 32 bytes, from which the secrets of API keys are derived. */
  apiKeySecret: Uint8Array;
  /** The log's origin and signing keys. */
  identity: LogIdentity;
  platform: Platform;
  settings: Settings;
  /** Memory for the tallies of scanned codes, bytes. */
  scanMemoryBytes: number;
  /** Absent where checkpoints are published without witnesses. */
  witnessing?: Witnessing | undefined;
  outside: Outside;
  /** Called while records are applied again, which takes minutes after a new version; absent where nobody looks. */
  progress?: CatchUpProgress;
}

/** What a service needs besides its store: a second place for checkpoints, backups, and the operator's attention. */
export interface Outside {
  /** Keeps a checkpoint outside the database; durable when it resolves. */
  keepCheckpoint(note: string): Promise<void>;
  makeBackup: MakeBackup;
  /** The operator's last decision that a clock is right: the time that it showed, RFC 3339. */
  clockDecision(): string | undefined;
  report: OperatorReports;
}

/** Reports for the operator alone; callers learn none of it. */
export interface OperatorReports {
  /** Scans could not be stored; they wait in memory. */
  scansNotStored: (error: unknown) => void;
  /** A group of writes was refused. */
  writesRefused: (error: unknown) => void;
  /** Issuing of a batch stopped. */
  issuingStopped: (batch: string, error: unknown) => void;
  /** The clock is doubted, or refused until the operator decides. */
  clockDoubted: (message: string) => void;
  clockTrusted: (message: string) => void;
  /** A witness failed, or answers again. */
  witness: (message: string) => void;
  /** Stored data is damaged. Called once for each place. */
  damaged: (message: string) => void;
}

/** A service that is put together and not yet running. */
export interface Composed {
  service: Service;
  /** Starts publishing and issuing. The store's checkpoint must be kept outside the database before. */
  start(): void;
  /** Finishes the queued writes and stores the scans that wait. The store stays open. */
  close(): Promise<void>;
}

/** Makes a service of its parts, on any runtime. */
export function compose(parts: Parts): Composed {
  const { store, keyring, identity, platform, settings, outside } = parts;
  const { report } = outside;
  const integrity = new Integrity(report.damaged);
  const sweep = new Sweep({ store, platform, integrity });
  integrity.onSuspicion(() => sweep.hurry());
  const register = new BatchRegister(store);
  catchUp({ store, register }, true, parts.progress);
  const scan = new Scan(
    { store, keyring, register, platform },
    { memoryBytes: parts.scanMemoryBytes, failed: report.scansNotStored },
  );
  const writer = new Writer(store, identity, platform, {
    async keep(checkpoint) {
      await outside.keepCheckpoint(checkpoint.note);
      publisher.committed(checkpoint);
    },
    requireWitnessed: () => publisher.requireWitnessed(),
    scannedMs: () => scan.scannedMs,
    refused: report.writesRefused,
    clock: {
      decision: () => outside.clockDecision(),
      doubted: report.clockDoubted,
      trusted: report.clockTrusted,
    },
    reload() {
      register.reload();
      store.dropDerived();
      catchUp({ store, register }, false);
      scan.recallsChanged();
      issuer.start();
    },
  });
  const publisher = new Publisher(
    { store, platform, writer, integrity, notify: report.witness },
    parts.witnessing,
  );
  const issuer = new Issuer({ store, writer, platform, keyring, register, settings }, report.issuingStopped);
  const trees = new BatchTrees(store, keyring, platform);
  // A copy then opens at once: it has what its records give.
  const makeBackup: MakeBackup = async () => {
    await writer.writeDerived();
    return outside.makeBackup();
  };
  const service: Service = {
    store,
    platform,
    identity,
    keyring,
    apiKeySecret: parts.apiKeySecret,
    pinTries: new PinTries(platform),
    writer,
    publisher,
    register,
    trees,
    scan,
    issuer,
    integrity,
    makeBackup,
    settings,
  };
  return { service, ...lifecycle(parts, { writer, publisher, issuer, scan, sweep }) };
}

/** The parts of a service that work in the background. */
interface Workers {
  writer: Writer;
  publisher: Publisher;
  issuer: Issuer;
  scan: Scan;
  sweep: Sweep;
}

function lifecycle({ store, platform, outside }: Parts, workers: Workers): Pick<Composed, "start" | "close"> {
  const { writer, publisher, issuer, scan, sweep } = workers;
  return {
    start() {
      writer.startClock();
      // First in the queue: no request may come before the records of an older store's organisations.
      recordStandings({ store, writer, platform }).catch(outside.report.writesRefused);
      publisher.start();
      issuer.start();
      sweep.start();
    },
    async close() {
      await sweep.stop();
      await issuer.stop();
      await publisher.stop();
      writer.stopClock();
      await writer.settled();
      await writer.writeDerived();
      scan.close();
    },
  };
}

/** The checkpoint that a composed service's store has: the writer signs one for an empty log. */
export function currentCheckpoint({ service }: Composed): StoredCheckpoint {
  return service.store.ledger.checkpoint() as StoredCheckpoint;
}
