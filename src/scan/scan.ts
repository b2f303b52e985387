import { MistypedCodeError } from "../core/code/alphabet.ts";
import { parseCode } from "../core/code/check.ts";
import { itemKey } from "../core/code/serial.ts";
import type { BatchRegister, IssuedBatch } from "./batch-register.ts";
import type {
  Caution,
  FoundAnswer,
  MistypedAnswer,
  Question,
  ScanAnswer,
  ScanCount,
  ScanFigures,
  ScanSums,
  Scanning,
} from "./answer.ts";
import type { Keyring } from "../core/code/keyring.ts";
import type { Platform } from "../platform.ts";
import type { Store } from "../store/store.ts";
import { BatchFactsCache } from "./batch-facts.ts";
import { Distribution } from "./distribution.ts";
import { RecallIndex } from "./recalls.ts";
import { RecentCounter } from "./recent-counter.ts";
import type { RegionNumbers } from "./region-numbers.ts";
import { ScanLog } from "./scan-log.ts";
import { MANY_COUNTRIES, MANY_NETWORKS, Sightings, WINDOW_SECONDS } from "./sightings.ts";
import { Statuses } from "./statuses.ts";
import { Tally } from "./tally.ts";
import type { Slot } from "./tally-page.ts";
import { judge } from "./verdict.ts";

/** The sources that a scan reads. */
export interface ScanSources {
  store: Store;
  keyring: Keyring;
  register: BatchRegister;
  platform: Platform;
}

export interface ScanSettings {
  /** Memory for the tally's pages. */
  memoryBytes: number;
  /** Reports to the operator why scans could not be stored. */
  failed: (error: unknown) => void;
}

/**
 * The hot path: one code, one answer. Check character, decipherment, batch, status and recall are arithmetic and memory.
 * Storage is read only when the facts of a batch or a page of statuses or of the tally is not in memory, and never for a
 * code that was not issued. The scan is appended to a log that is written behind the answer.
 */
export class Scan implements Scanning {
  /** When the last scan was answered, milliseconds since 1970. */
  scannedMs = -Infinity;
  private readonly sources: ScanSources;
  private readonly facts: BatchFactsCache;
  private readonly recalls: RecallIndex;
  private readonly statuses: Statuses;
  private readonly log: ScanLog;
  private readonly tally: Tally;
  private readonly distribution: Distribution;
  private readonly sightings = new Sightings();
  private readonly programs = new RecentCounter();
  private readonly unknown = new RecentCounter();
  private readonly mistyped = new RecentCounter();

  /**
   * Reads the totals and the end of the scan log.
   * @throws StoreRefused where the log cannot be read
   */
  constructor(sources: ScanSources, { memoryBytes, failed }: ScanSettings) {
    const { store, platform } = sources;
    this.sources = sources;
    this.facts = new BatchFactsCache(store);
    this.recalls = new RecallIndex(store);
    this.statuses = new Statuses(store);
    this.tally = new Tally((number) => store.scans.page(number), memoryBytes);
    const totals = store.scans.totals();
    this.distribution = new Distribution(totals?.totals);
    const { tally, distribution, sightings } = this;
    this.log = new ScanLog(store, { tally, distribution, sightings }, totals, failed);
    this.log.replay(Math.floor(platform.now() / 1000));
  }

  answer(typed: string, question: Question): ScanAnswer {
    this.scannedMs = question.nowMs;
    const code = readCode(typed);
    if (typeof code !== "string") {
      this.mistyped.add(question.nowMs);
      return code;
    }
    const { keyring, register } = this.sources;
    const opened = keyring.decipher(code, register.bySerial);
    if (opened === null) {
      this.unknown.add(question.nowMs);
      return { verdict: "unknown", code };
    }
    return this.found(code, opened.batch, itemKey(opened.epoch, opened.serial), question);
  }

  get tallyBytes(): number {
    return this.tally.sizeBytes;
  }

  recallsChanged(): void {
    this.recalls.reload();
  }

  figures(): ScanFigures {
    const nowMs = this.sources.platform.now();
    return {
      ...this.distribution.figures(),
      programs: this.programs.count(nowMs),
      refused: { unknown: this.unknown.count(nowMs), mistyped: this.mistyped.count(nowMs) },
      log: { waiting: this.log.waitingScans, lost: this.log.lost },
    };
  }

  dayFigures(): ScanSums {
    return this.distribution.figuresBefore(Math.floor(this.sources.platform.now() / 1000));
  }

  /** Stores the waiting scans and the sums. Call before the store is closed. */
  close(): void {
    this.log.close();
  }

  private found(code: string, batch: IssuedBatch, key: number, question: Question): FoundAnswer {
    const { nowMs } = question;
    const atSeconds = Math.floor(nowMs / 1000);
    // Storage is read first: if that fails, nothing has been counted.
    const status = this.statuses.of(key) ?? "issued";
    const factsJson = this.facts.of(batch);
    const region = this.regions.numberOf(question.region);
    if (question.program === true) this.programs.add(nowMs);
    const counts = question.counts && this.log.takes();
    const slot = counts ? this.count(key, region, question.network ?? 0, atSeconds) : this.tally.get(key);
    const recall = this.recalls.find(key);
    const judgement = judge({
      status,
      recalled: recall !== undefined,
      unusedExpired: batch.closed || (batch.expiresAtMs !== null && batch.expiresAtMs <= nowMs),
      gtinAgrees: question.gtin === undefined || question.gtin.padStart(14, "0") === batch.gtin,
    });
    if (counts) {
      const { verdict } = judgement;
      const first = slot?.count === 1;
      const sighting = !first && this.regions.countryOf(region) !== 0;
      this.distribution.add(verdict, region, batch, first, atSeconds);
      this.log.append({ key, region: this.regions.name(region), atSeconds, verdict, sighting });
    }
    this.log.makeRoom();
    const answer: FoundAnswer = {
      ...judgement,
      code,
      placed: { batch, position: key - batch.start, key },
      factsJson,
      scans: this.scanCount(slot),
    };
    const caution = slot && this.cautionOf(key, slot, atSeconds);
    if (caution !== undefined) answer.cautions = [caution];
    if (recall !== undefined) answer.recall = recall;
    return answer;
  }

  private count(key: number, region: number, network: number, atSeconds: number): Slot {
    const slot = this.tally.add(key, region, atSeconds, this.log.nextSequence);
    const country = this.regions.countryOf(region);
    if (slot.count > 1) this.sightings.add(key, country, network, atSeconds);
    return slot;
  }

  private cautionOf(key: number, slot: Slot, nowSeconds: number): Caution | undefined {
    if (slot.count < MANY_COUNTRIES) return undefined;
    const first = { country: this.regions.countryOf(slot.firstRegion), seconds: slot.firstSeconds };
    const { countries, networks, sinceSeconds } = this.sightings.spread(key, nowSeconds, first);
    if (countries < MANY_COUNTRIES && networks < MANY_NETWORKS) return undefined;
    const hours = WINDOW_SECONDS / 3600;
    return { kind: "scanned_widely", countries, networks, sinceMs: sinceSeconds * 1000, hours };
  }

  private scanCount(slot: Slot | undefined): ScanCount {
    if (slot === undefined) return { count: 0, first: null, repeated: false };
    const { count, firstSeconds, firstRegion } = slot;
    const first = { atMs: firstSeconds * 1000, region: this.regions.name(firstRegion) };
    return { count, first, repeated: count > 1 };
  }

  private get regions(): RegionNumbers {
    return this.distribution.regions;
  }
}

/** The normalised code, or the reason why the text is no code. */
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
