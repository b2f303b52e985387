import { itemKey, splitItemKey } from "../core/code/serial.ts";
import type { BriefBatch } from "../store/batches.ts";
import type { Store } from "../store/store.ts";

/** The facts of a batch that scans need in memory: some hundred bytes a batch, nothing per code. */
export interface IssuedBatch {
  id: string;
  /** Position in the order in which this process loaded batches, from 0. */
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
  /** When unactivated codes expire, milliseconds: at closing if that is earlier. Null for never. */
  expiresAtMs: number | null;
  /** True after closing: unactivated codes have expired. */
  closed: boolean;
  withPin: boolean;
  /** When it was ordered, milliseconds. */
  orderedMs: number;
}

/** The place of a genuine code: its batch, its position there, its item key. */
export interface Placed {
  batch: IssuedBatch;
  position: number;
  key: number;
}

/** Batches between two entries of the index. */
const STRIDE = 64;

/** The batches whose codes may be fetched, found by item key in a few comparisons. */
export class BatchRegister {
  private readonly store: Store;
  private sorted: IssuedBatch[];
  /** Their starts in one array: a search reads these, and only the one batch that it finds. */
  private starts: Float64Array;
  /** Every 64th start. The index stays in the processor's cache, so a search reads one stride of `starts`. */
  private index: Float64Array;
  private readonly byId: Map<string, IssuedBatch>;

  constructor(store: Store) {
    this.store = store;
    this.sorted = store.batches.issuedInBrief().map(issuedBatch);
    this.starts = startsOf(this.sorted);
    this.index = everyStride(this.starts);
    this.byId = new Map(this.sorted.map((batch) => [batch.id, batch]));
  }

  get all(): readonly IssuedBatch[] {
    return this.sorted;
  }

  get(id: string): IssuedBatch | undefined {
    return this.byId.get(id);
  }

  /** The issued batch that contains an item key; null for a key of no batch. */
  find(key: number): IssuedBatch | null {
    const { starts, index } = this;
    const { length } = this.sorted;
    const stride = placeOf(key, index, 0, Math.ceil(length / STRIDE)) - 1;
    if (stride < 0) return null;
    const place = placeOf(key, starts, stride * STRIDE, Math.min(length, (stride + 1) * STRIDE));
    const batch = this.sorted[place - 1];
    return batch !== undefined && key < batch.start + batch.count ? batch : null;
  }

  /** For the keyring: the batch that contains a serial of an epoch. */
  readonly bySerial = (epoch: number, serial: number): IssuedBatch | null =>
    this.find(itemKey(epoch, serial));

  /** Adds a batch that became ready. Serials count upwards, so it nearly always goes last. */
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
      if (place % STRIDE === 0) this.index[place / STRIDE] = batch.start;
    } else {
      this.starts = startsOf(this.sorted);
      this.index = everyStride(this.starts);
    }
  }

  /** Adds and closes batches that the store has and this does not: writes whose callers were refused. */
  reload(): void {
    for (const row of this.store.batches.issuedInBrief()) {
      this.add(row);
      if (row.status === "closed") this.close(row.id);
    }
  }

  /** Marks a batch as closed; call once that is committed. */
  close(id: string): void {
    const batch = this.byId.get(id);
    const row = this.store.batches.get(id);
    if (batch === undefined || row === undefined) return;
    batch.closed = true;
    batch.expiresAtMs = expiryOf(row);
  }
}

/** The starts, with as much room again: adding a batch seldom copies them. */
function startsOf(sorted: readonly IssuedBatch[]): Float64Array {
  const starts = new Float64Array(2 * sorted.length + 16);
  sorted.forEach(({ start }, at) => (starts[at] = start));
  return starts;
}

function everyStride(starts: Float64Array): Float64Array {
  return Float64Array.from(
    { length: Math.ceil(starts.length / STRIDE) },
    (_, at) => starts[at * STRIDE] as number,
  );
}

/** The first place in [low, high) whose start is greater than a key; `high` where there is none. */
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

/** Interned texts: thousands of batches share one mode, and scans compare it. */
const shared = new Map<string, string>();

function held(text: string): string {
  const known = shared.get(text);
  if (known !== undefined) return known;
  shared.set(text, text);
  return text;
}

/** @throws TypeError for a batch that is not issued yet */
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
    orderedMs: row.requestedAt,
  };
}
