import { MistypedCodeError } from "../code/alphabet.ts";
import { parseCode } from "../code/check.ts";
import { itemKey } from "../code/serial.ts";
import type { IssuedBatch } from "../services/codes/register.ts";
import type {
  FoundAnswer,
  MistypedAnswer,
  Question,
  ScanAnswer,
  ScanCount,
  ScanFigures,
  Scanning,
} from "../services/scanning.ts";
import type { Service } from "../services/service.ts";
import { BatchFactsCache } from "./batch-facts.ts";
import { Distribution } from "./distribution.ts";
import { RecallIndex } from "./recalls.ts";
import { Refusals } from "./refusals.ts";
import { ScanLog } from "./scan-log.ts";
import type { LoggedScan } from "./scan-block.ts";
import { Tally } from "./tally.ts";
import { judge } from "./verdict.ts";

/** What a scan reads, besides what it keeps itself. */
type Sources = Pick<Service, "store" | "keyring" | "register" | "platform">;

/**
 * The hot path: one code, one answer. Check character, opening, batch and recall are arithmetic and memory; the only
 * storage touched is one prepared read of the code's state, and that only for codes that were issued. What a scan adds
 * is appended to a log that is written behind the answer.
 */
export class Scan implements Scanning {
  private readonly sources: Sources;
  private readonly facts: BatchFactsCache;
  private readonly recalls: RecallIndex;
  private readonly log: ScanLog;
  private readonly tally = new Tally();
  private readonly distribution = new Distribution();
  private readonly unknown = new Refusals();
  private readonly mistyped = new Refusals();

  /**
   * Reads the whole scan log once.
   * @throws StoreRefused where it cannot be read
   */
  constructor(sources: Sources) {
    this.sources = sources;
    this.facts = new BatchFactsCache(sources.store);
    this.recalls = new RecallIndex(sources.store);
    this.log = new ScanLog(sources.store);
    for (const scan of this.log.stored()) this.count(scan, sources.register.find(scan.key));
  }

  answer(typed: string, question: Question): ScanAnswer {
    const code = readCode(typed);
    if (typeof code !== "string") {
      this.mistyped.add(question.nowMs);
      return code;
    }
    const { keyring, register } = this.sources;
    const opened = keyring.open(code, register.bySerial);
    if (opened === null) {
      this.unknown.add(question.nowMs);
      return { verdict: "unknown", code };
    }
    return this.found(code, opened.batch, itemKey(opened.epoch, opened.serial), question);
  }

  recallsChanged(): void {
    this.recalls.reload();
  }

  figures(): ScanFigures {
    const nowMs = this.sources.platform.now();
    return {
      ...this.distribution.figures(),
      codes: this.tally.size,
      refused: { unknown: this.unknown.count(nowMs), mistyped: this.mistyped.count(nowMs) },
      log: { waiting: this.log.waitingScans, lost: this.log.lost },
    };
  }

  /** Stores what waits; to be called before the store is closed. */
  close(): void {
    this.log.close();
  }

  private found(code: string, batch: IssuedBatch, key: number, question: Question): FoundAnswer {
    const { nowMs, region } = question;
    const atSeconds = Math.floor(nowMs / 1000);
    // All reading of storage comes first: where it fails, nothing was counted.
    const status = this.sources.store.custody.status(key) ?? "issued";
    const facts = this.facts.of(batch);
    // Then the tally: a third country makes its own scan suspicious already.
    if (question.counts) this.tally.add(key, region, atSeconds);
    const recall = this.recalls.find(key);
    const judgement = judge({
      status,
      recalled: recall !== undefined,
      unusedExpired: batch.closed || (batch.expiresAtMs !== null && batch.expiresAtMs <= nowMs),
      gtinAgrees: question.gtin === undefined || question.gtin.padStart(14, "0") === batch.gtin,
      countries: this.tally.countriesOf(key, atSeconds),
    });
    if (question.counts) {
      const scan = { key, region, atSeconds, verdict: judgement.verdict };
      this.log.append(scan);
      this.distribution.add(scan, batch);
    }
    const answer: FoundAnswer = {
      ...judgement,
      code,
      placed: { batch, position: key - batch.start, key },
      facts,
      scans: this.scansOf(key),
    };
    if (recall !== undefined) answer.recall = recall;
    return answer;
  }

  private scansOf(key: number): ScanCount {
    const tallied = this.tally.get(key);
    if (tallied === undefined) return { count: 0, first: null, repeated: false };
    const { count, firstSeconds, firstRegion } = tallied;
    return { count, first: { atMs: firstSeconds * 1000, region: firstRegion }, repeated: count > 1 };
  }

  private count(scan: LoggedScan, batch: IssuedBatch | null): void {
    this.tally.add(scan.key, scan.region, scan.atSeconds);
    this.distribution.add(scan, batch);
  }
}

/** The code, normalised, or why it cannot be one. */
function readCode(typed: string): string | MistypedAnswer {
  try {
    return parseCode(typed);
  } catch (error) {
    if (!(error instanceof MistypedCodeError)) throw error;
    const { reason, position } = error;
    return position === undefined
      ? { verdict: "mistyped", reason }
      : { verdict: "mistyped", reason, position };
  }
}
