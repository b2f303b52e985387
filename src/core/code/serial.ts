/** Bits of a serial: 8 of ledger number, then 37 of counting number. */
const SERIAL_BITS = 45;
/** A ledger is a shard of one service; another authority is another host with its own keys. */
const LEDGER_BITS = 8;
const COUNTING_BITS = 37;
/** Bits of an epoch number. Epoch and serial together are 53 bits: an exact JavaScript integer. */
const EPOCH_BITS = 8;

/** One more than the largest serial. */
export const SERIAL_LIMIT = 2 ** SERIAL_BITS;
const LEDGER_LIMIT = 2 ** LEDGER_BITS;
export const COUNTING_LIMIT = 2 ** COUNTING_BITS;
export const EPOCH_LIMIT = 2 ** EPOCH_BITS;

/** @throws {TypeError | RangeError} unless `serial` is an integer from 0 to 2^45 - 1 */
export function assertSerial(serial: number): void {
  assertBelow(SERIAL_LIMIT, serial, "serial");
}

/** @throws {TypeError | RangeError} unless `epoch` is an integer from 0 to 255 */
export function assertEpoch(epoch: number): void {
  assertBelow(EPOCH_LIMIT, epoch, "epoch");
}

/**
 * The serial of a ledger's counting number: ledger·2^37 + counting.
 *
 * @throws {TypeError | RangeError} if `ledger` is not 0–255 or `counting` not below 2^37
 */
export function joinSerial(ledger: number, counting: number): number {
  assertBelow(LEDGER_LIMIT, ledger, "ledger");
  assertBelow(COUNTING_LIMIT, counting, "counting");
  return ledger * COUNTING_LIMIT + counting;
}

/**
 * The inverse of `joinSerial`.
 *
 * @throws {TypeError | RangeError} if `serial` is not a serial
 */
export function splitSerial(serial: number): { ledger: number; counting: number } {
  assertSerial(serial);
  return { ledger: Math.floor(serial / COUNTING_LIMIT), counting: serial % COUNTING_LIMIT };
}

/**
 * The key of an item in the store: epoch·2^45 + serial. Keys of one batch are consecutive.
 *
 * @throws {TypeError | RangeError} if `epoch` is not 0–255 or `serial` not a serial
 */
export function itemKey(epoch: number, serial: number): number {
  assertEpoch(epoch);
  assertSerial(serial);
  return epoch * SERIAL_LIMIT + serial;
}

/**
 * The inverse of `itemKey`.
 *
 * @throws {TypeError | RangeError} if `key` is not an integer from 0 to 2^53 - 1
 */
export function splitItemKey(key: number): { epoch: number; serial: number } {
  assertBelow(EPOCH_LIMIT * SERIAL_LIMIT, key, "key");
  return { epoch: Math.floor(key / SERIAL_LIMIT), serial: key % SERIAL_LIMIT };
}

/**
 * The number of serials that a batch of `count` codes takes: the least power of two that holds them. A batch that
 * starts at a multiple of its span has a dyadic interval under every node of its Merkle tree.
 *
 * @throws {TypeError | RangeError} if `count` is not an integer from 1 to 2^37
 */
export function alignedSpan(count: number): number {
  assertBelow(COUNTING_LIMIT + 1, count, "count");
  if (count === 0) throw new RangeError("count must be at least 1");
  let span = 1;
  while (span < count) span *= 2;
  return span;
}

/**
 * The first multiple of `span` from `counting` on: where the next batch of that span may start. 2^37 means that the
 * ledger's numbers are used up.
 *
 * @param counting the ledger's first unused counting number, 0 to 2^37
 * @param span a power of two up to 2^37, as `alignedSpan` gives it
 * @throws {TypeError | RangeError} if `counting` or `span` has a wrong type or value
 */
export function alignedStart(counting: number, span: number): number {
  assertBelow(COUNTING_LIMIT + 1, counting, "counting");
  if (alignedSpan(span) !== span) throw new RangeError("span must be a power of two");
  return Math.ceil(counting / span) * span;
}

function assertBelow(limit: number, value: number, name: string): void {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number`);
  if (!Number.isInteger(value) || value < 0 || value >= limit)
    throw new RangeError(`${name} must be an integer from 0 to ${limit - 1}`);
}
