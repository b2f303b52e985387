import { bytesToHex } from "@noble/hashes/utils.js";
import { rootOf } from "../../core/ledger/merkle.ts";
import type { Platform } from "../../platform.ts";
import type { StoredRecord } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import { damageOf, placeOf } from "../custody/files.ts";
import type { Integrity } from "../integrity.ts";
import { leafOf, signedRoot } from "../ledger/checked-proof.ts";
import { rightEdge } from "../ledger/log.ts";

interface Swept {
  store: Store;
  platform: Pick<Platform, "sha256" | "yield">;
  integrity: Integrity;
}

/** Records that share a stored hash (level 8 of the tree). One step checks them. */
const STEP_RECORDS = 256;
const STEP_LEVELS = 8;
/** Records of one event-loop turn, about a millisecond of work. */
const TURN_RECORDS = 16;
/** From step to step: 256 records a second take about 2 % of a core, and a million records an hour. */
const PAUSE_MS = 1000;

/**
 * Looks for damaged records, hashes and files in the background, round after round: bits rot in old rows that nobody reads.
 * Checks each record's leaf against its bytes, each stored hash of the tree against those below, the tree against the
 * signed checkpoint, and each file against its digest. What it finds goes to `Integrity`.
 */
export class Sweep {
  private readonly swept: Swept;
  private steps: AsyncGenerator<void, void, undefined>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private hurried = false;
  /** False from a hurried round to the end of a slow one: a stranger who asks for proofs must not keep the sweep fast. */
  private mayHurry = true;
  private stopped = false;

  constructor(swept: Swept) {
    this.swept = swept;
    this.steps = round(swept);
  }

  /** Starts the first round. */
  start(): void {
    this.schedule(PAUSE_MS);
  }

  /** Starts a round now that pauses only to let other work run, at most once for each slow round. */
  hurry(): void {
    if (!this.mayHurry || this.stopped) return;
    this.mayHurry = false;
    this.hurried = true;
    this.steps = round(this.swept);
    if (this.running === undefined) this.schedule(0);
  }

  /** Ends after the turn under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.step().finally(() => {
        this.running = undefined;
        this.schedule(this.hurried ? 0 : PAUSE_MS);
      });
    }, delayMs);
    // A process without other work may end. Other runtimes have numbers for timers.
    if (typeof this.timer === "object") this.timer.unref();
  }

  private async step(): Promise<void> {
    const { steps } = this;
    const { done } = await steps.next();
    if (done !== true || steps !== this.steps) return;
    this.mayHurry = !this.hurried;
    this.hurried = false;
    this.steps = round(this.swept);
  }
}

/** One round, a step at a time. */
async function* round(swept: Swept): AsyncGenerator<void, void, undefined> {
  const { store, integrity } = swept;
  const sizeNow = (): number => store.ledger.checkpoint()?.size ?? 0;
  for (let number = 0; number * STEP_RECORDS < sizeNow(); number++) {
    const first = number * STEP_RECORDS;
    await guarded(integrity, `records ${first} to ${first + STEP_RECORDS - 1}`, () =>
      checkRecords(swept, first, Math.min(first + STEP_RECORDS, sizeNow())),
    );
    await guarded(integrity, `the tree over record ${first}`, () => checkTree(swept, number));
    yield;
  }
  await guarded(integrity, "the checkpoint", () => checkCheckpoint(swept));
  yield;
  for (let row = store.service.fileAfter(""); row !== undefined; row = store.service.fileAfter(row.digest)) {
    const found = damageOf(row, swept.platform.sha256);
    if (found !== undefined) integrity.damaged(placeOf(row.digest), `its bytes have the digest ${found}`);
    yield;
  }
}

/** A page of the database that cannot be read is damage too. */
async function guarded(
  integrity: Integrity,
  place: string,
  check: () => Promise<void> | void,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    integrity.damaged(place, (error as Error).message);
  }
}

async function checkRecords(swept: Swept, first: number, end: number): Promise<void> {
  const { store, platform, integrity } = swept;
  const leaves: Uint8Array[] = [];
  for (let from = first; from < end; from += TURN_RECORDS) {
    const rows = new Map(
      store.ledger.records(from, Math.min(from + TURN_RECORDS, end)).map((row) => [row.index, row]),
    );
    for (let index = from; index < Math.min(from + TURN_RECORDS, end); index++) {
      const leaf = checkedLeaf(swept, index, rows.get(index));
      if (leaf !== undefined) leaves.push(leaf);
    }
    await platform.yield();
  }
  if (leaves.length < STEP_RECORDS) return;
  const place = `the stored hash over records ${first} to ${end - 1}`;
  const kept = store.ledger.treeHash(STEP_LEVELS, first / STEP_RECORDS);
  compare(integrity, place, rootOf(leaves, platform.sha256), kept, "those records");
}

/** The leaf that a record's bytes give; undefined for damaged bytes. */
function checkedLeaf(
  { platform, integrity }: Swept,
  index: number,
  row: StoredRecord | undefined,
): Uint8Array | undefined {
  const place = `record ${index}`;
  if (row === undefined) {
    integrity.damaged(place, "it is missing");
    return undefined;
  }
  try {
    const leaf = leafOf(row.bytes, platform.sha256);
    compare(integrity, place, leaf, row.leaf, "its bytes");
    return leaf;
  } catch (error) {
    integrity.damaged(place, `its bytes are no record: ${(error as Error).message}`);
    return undefined;
  }
}

/** Checks the stored hashes above level 8 that a step completes. */
function checkTree({ store, platform, integrity }: Swept, number: number): void {
  let index = number;
  for (let level = 2 * STEP_LEVELS; (index + 1) % STEP_RECORDS === 0; level += STEP_LEVELS) {
    index = (index + 1) / STEP_RECORDS - 1;
    const below = Array.from({ length: STEP_RECORDS }, (_, i) =>
      store.ledger.treeHash(level - STEP_LEVELS, index * STEP_RECORDS + i),
    );
    const place = `the stored hash ${level}/${index}`;
    // A hash that is missing below was named when its own step was checked.
    if (below.includes(undefined)) return;
    const hash = rootOf(below as Uint8Array[], platform.sha256);
    compare(integrity, place, hash, store.ledger.treeHash(level, index), "the hashes below it");
  }
}

function checkCheckpoint({ store, platform, integrity }: Swept): void {
  store.reading(() => {
    const checkpoint = store.ledger.checkpoint();
    if (checkpoint === undefined || checkpoint.size === 0) return;
    const { size, note } = checkpoint;
    const root = rightEdge(store, platform.sha256, size).root();
    compare(integrity, `the checkpoint of ${size} records`, root, signedRoot(note), "the stored hashes");
  });
}

function compare(
  integrity: Integrity,
  place: string,
  computed: Uint8Array,
  stored: Uint8Array | undefined,
  from: string,
): void {
  if (stored === undefined) integrity.damaged(place, "it is missing");
  else if (bytesToHex(stored) !== bytesToHex(computed))
    integrity.damaged(place, `the stored hash is not that of ${from}`);
}
