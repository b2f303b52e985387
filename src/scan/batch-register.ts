import { itemKey, splitItemKey } from "../core/code/serial.ts";
import type { BriefBatch } from "../store/batches.ts";
import type { Store } from "../store/store.ts";

/** What a scan must know of a batch, held in memory: some hundred bytes a batch, nothing a code. */
export interface IssuedBatch {
  id: string;
  /** In the order in which this process took batches in, from 0. */
  number: number;
  /** Item key of position 0. */
  start: number;
  count: number;
  epoch: number;
  organisation: string;
  product: string;
  lot: string;
  gtin: string | null;
  mode: string;
  category: BriefBatch["category"];
  /** When codes never activated expire, milliseconds: at the closing if that comes first. Null for never. */
  expiresAtMs: number | null;
  /** From closing on, codes never activated have expired. */
  closed: boolean;
  withPin: boolean;
  /** Bit l is set where some chain hangs from a node of level l; may run ahead of the store, never behind it. */
  chainLevels: number;
}

/** A genuine code's place: its batch, its position there, its item key. */
export interface Placed {
  batch: IssuedBatch;
  position: number;
  key: number;
}

/** Batches between two landmarks. */
const STRETCH = 64;

/** The batches whose codes are out, found by item key in a few comparisons. */
export class BatchRegister {
  private readonly store: Store;
  private sorted: IssuedBatch[];
  /** Their starts side by side: a search reads these, and of the batches only the one it finds. */
  private starts: Float64Array;
  /** Every 64th start: these stay in the processor's cache, and of the others a search touches one stretch. */
  private landmarks: Float64Array;
  private readonly byId: Map<string, IssuedBatch>;

  constructor(store: Store) {
    this.store = store;
    this.sorted = store.batches.issuedInBrief().map(issuedBatch);
    this.starts = startsOf(this.sorted);
    this.landmarks = landmarksOf(this.starts);
    this.byId = new Map(this.sorted.map((batch) => [batch.id, batch]));
  }

  get all(): readonly IssuedBatch[] {
    return this.sorted;
  }

  get(id: string): IssuedBatch | undefined {
    return this.byId.get(id);
  }

  /** The issued batch that an item key lies in; null for a key that no batch has. */
  find(key: number): IssuedBatch | null {
    const { starts, landmarks } = this;
    const { length } = this.sorted;
    const stretch = placeOf(key, landmarks, 0, Math.ceil(length / STRETCH)) - 1;
    if (stretch < 0) return null;
    const place = placeOf(key, starts, stretch * STRETCH, Math.min(length, (stretch + 1) * STRETCH));
    const batch = this.sorted[place - 1];
    return batch !== undefined && key < batch.start + batch.count ? batch : null;
  }

  /** For the keyring: the batch that a serial of an epoch lies in. */
  readonly bySerial = (epoch: number, serial: number): IssuedBatch | null =>
    this.find(itemKey(epoch, serial));

  /** Takes in a batch that became ready. Serials count upwards, so it nearly always goes last. */
  add(row: BriefBatch): void {
    if (this.byId.has(row.id)) return;
    const batch = issuedBatch(row, this.sorted.length);
    this.byId.set(batch.id, batch);
    const inOrder = (this.sorted.at(-1)?.start ?? 0) <= batch.start;
    this.sorted.push(batch);
    if (!inOrder) this.sorted.sort((one, other) => one.start - other.start);
    if (inOrder && this.sorted.length <= this.starts.length) {
      const place = this.sorted.length - 1;
      this.starts[place] = batch.start;
      if (place % STRETCH === 0) this.landmarks[place / STRETCH] = batch.start;
    } else {
      this.starts = startsOf(this.sorted);
      this.landmarks = landmarksOf(this.starts);
    }
  }

  /** Takes in what the store has and this does not: batches issued or closed whose callers were refused. */
  reload(): void {
    for (const row of this.store.batches.issuedInBrief()) {
      this.add(row);
      if (row.status === "closed") this.close(row.id);
    }
  }

  /** Notes that a batch was closed, once that is committed. */
  close(id: string): void {
    const batch = this.byId.get(id);
    const row = this.store.batches.get(id);
    if (batch === undefined || row === undefined) return;
    batch.closed = true;
    batch.expiresAtMs = expiryOf(row);
  }
}

/** With as much room again, so that adding one copies the rest seldom. */
function startsOf(sorted: readonly IssuedBatch[]): Float64Array {
  const starts = new Float64Array(2 * sorted.length + 16);
  sorted.forEach(({ start }, at) => (starts[at] = start));
  return starts;
}

function landmarksOf(starts: Float64Array): Float64Array {
  return Float64Array.from(
    { length: Math.ceil(starts.length / STRETCH) },
    (_, at) => starts[at * STRETCH] as number,
  );
}

/** The first place from `low` on, below `high`, whose start is beyond a key; `high` where there is none. */
function placeOf(key: number, starts: Float64Array, low: number, high: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function expiryOf({ expiresAt, closedAt }: BriefBatch): number | null {
  if (closedAt === null) return expiresAt;
  return expiresAt === null ? closedAt : Math.min(expiresAt, closedAt);
}

/** Texts that batches share, each held once: thousands of batches have one mode, and scans compare it. */
const shared = new Map<string, string>();

function held(text: string): string {
  const known = shared.get(text);
  if (known !== undefined) return known;
  shared.set(text, text);
  return text;
}

/** @throws TypeError for a batch that was not issued yet */
function issuedBatch(row: BriefBatch, number: number): IssuedBatch {
  const issued = row.status === "ready" || row.status === "closed";
  if (row.start === null || !issued) throw new TypeError(`batch ${row.id} has no codes yet`);
  return {
    id: row.id,
    number,
    start: row.start,
    count: row.quantity,
    epoch: splitItemKey(row.start).epoch,
    organisation: held(row.organisation),
    product: row.product,
    lot: row.lot,
    gtin: row.gtin,
    mode: held(row.mode),
    category: held(row.category) as BriefBatch["category"],
    expiresAtMs: expiryOf(row),
    closed: row.status === "closed",
    withPin: row.withPin,
    chainLevels: row.chainLevels,
  };
}
