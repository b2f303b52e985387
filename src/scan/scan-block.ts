import { type FoundVerdict, VERDICTS } from "./answer.ts";
import { UNKNOWN_REGION } from "./region.ts";

/**
 * A self-contained block of the scan log. Integers are big-endian.
 *
 *     byte  0      version, 1
 *     bytes 1-2    number of regions R, at least 1
 *     R times      1 byte length, then the region in ASCII: `NZ`, `CN-GD`, `unknown`; in the order of first use
 *     bytes        number of scans N, uint32, at least 1
 *     N times 14   1 byte verdict, its place in VERDICTS, and 128 more for a sighting
 *                  7 bytes item key, below 2^53
 *                  2 bytes region, its place in the list above
 *                  4 bytes seconds since 1970, unsigned
 *
 * Reading a block and writing it again gives the same bytes.
 */
const VERSION = 1;
const RECORD_BYTES = 14;
const HEADER_BYTES = 3;
const COUNT_BYTES = 4;
const SIGHTING = 0x80;

const REGION_SHAPE = /^(?:[A-Z]{2}|CN-[A-Z]{2})$/;
/** `unknown` and `mistyped` come last in VERDICTS and belong to no code. */
const FOUND_VERDICTS = VERDICTS.length - 2;

/** One scan of an issued code. */
export interface LoggedScan {
  /** Item key: epoch·2^45 + serial. */
  key: number;
  region: string;
  /** Whole seconds since 1970. */
  atSeconds: number;
  verdict: FoundVerdict;
  /** A later scan of the code from a known country: it may count for a caution (sightings.ts). */
  sighting: boolean;
}

/** A stored block is malformed, or of a later version. */
export class ScanBlockError extends RangeError {
  override readonly name = "ScanBlockError";
}

/** Collects scans into the bytes of one block. */
export class ScanBlockBuilder {
  private readonly regions = new Map<string, number>();
  private records = new Uint8Array(64 * RECORD_BYTES);
  private view = new DataView(this.records.buffer);
  private count = 0;
  private sightingCount = 0;
  private lastSeconds = 0;

  get size(): number {
    return this.count;
  }

  /** The number of sightings among the scans. */
  get sightings(): number {
    return this.sightingCount;
  }

  /** The time of the last scan. */
  get atSeconds(): number {
    return this.lastSeconds;
  }

  add({ key, region, atSeconds, verdict, sighting }: LoggedScan): void {
    const at = this.count * RECORD_BYTES;
    if (at === this.records.length) this.grow();
    const { view } = this;
    view.setUint8(at, VERDICTS.indexOf(verdict) | (sighting ? SIGHTING : 0));
    view.setUint8(at + 1, Math.floor(key / 2 ** 48));
    view.setUint16(at + 2, Math.floor(key / 2 ** 32) % 2 ** 16);
    view.setUint32(at + 4, key % 2 ** 32);
    view.setUint16(at + 8, this.placeOf(region));
    view.setUint32(at + 10, atSeconds);
    this.count += 1;
    if (sighting) this.sightingCount += 1;
    this.lastSeconds = atSeconds;
  }

  /** The block of the scans added so far; at least one. */
  bytes(): Uint8Array {
    const names = [...this.regions.keys()];
    const listed = names.reduce((sum, name) => sum + 1 + name.length, 0);
    const records = this.records.subarray(0, this.count * RECORD_BYTES);
    const block = new Uint8Array(HEADER_BYTES + listed + COUNT_BYTES + records.length);
    const view = new DataView(block.buffer);
    block[0] = VERSION;
    view.setUint16(1, names.length);
    let at = HEADER_BYTES;
    for (const name of names) {
      block[at++] = name.length;
      for (let index = 0; index < name.length; index++) block[at++] = name.charCodeAt(index);
    }
    view.setUint32(at, this.count);
    block.set(records, at + COUNT_BYTES);
    return block;
  }

  private placeOf(region: string): number {
    const known = this.regions.get(region);
    if (known !== undefined) return known;
    const place = this.regions.size;
    this.regions.set(region, place);
    return place;
  }

  private grow(): void {
    const wider = new Uint8Array(this.records.length * 2);
    wider.set(this.records);
    this.records = wider;
    this.view = new DataView(wider.buffer);
  }
}

/** Reads a block. @throws ScanBlockError for bytes that `ScanBlockBuilder` does not write */
export function decodeScanBlock(block: Uint8Array): LoggedScan[] {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (block.length < HEADER_BYTES || block[0] !== VERSION)
    throw new ScanBlockError(`a scan block must begin with version ${VERSION}, got ${block[0] ?? "nothing"}`);
  const { regions, end } = readRegions(block, view.getUint16(1));
  if (end + COUNT_BYTES > block.length) throw new ScanBlockError("a scan block ends before its scans");
  const count = view.getUint32(end);
  if (count === 0 || block.length !== end + COUNT_BYTES + count * RECORD_BYTES)
    throw new ScanBlockError(`a scan block of ${block.length} bytes cannot hold ${count} scans`);
  const scans: LoggedScan[] = [];
  let seen = 0;
  for (let at = end + COUNT_BYTES; at < block.length; at += RECORD_BYTES) {
    const place = view.getUint16(at + 8);
    if (place > seen || place >= regions.length)
      throw new ScanBlockError("a scan names a region out of the list's order");
    if (place === seen) seen += 1;
    scans.push(readScan(view, at, regions[place] as string));
  }
  if (seen !== regions.length) throw new ScanBlockError("a scan block lists a region that no scan has");
  return scans;
}

function readRegions(block: Uint8Array, count: number): { regions: string[]; end: number } {
  const regions: string[] = [];
  let at = HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const length = block[at] ?? 0;
    const region = String.fromCharCode(...block.subarray(at + 1, at + 1 + length));
    if (region !== UNKNOWN_REGION && !REGION_SHAPE.test(region))
      throw new ScanBlockError(`region ${index} of a scan block is not one`);
    if (regions.includes(region)) throw new ScanBlockError(`a scan block lists ${region} twice`);
    regions.push(region);
    at += 1 + length;
  }
  return { regions, end: at };
}

function readScan(view: DataView, at: number, region: string): LoggedScan {
  const place = view.getUint8(at) & ~SIGHTING;
  const verdict = VERDICTS[place];
  if (verdict === undefined || verdict === "unknown" || verdict === "mistyped")
    throw new ScanBlockError(`a scan's verdict must be below ${FOUND_VERDICTS}, got ${place}`);
  const key = view.getUint8(at + 1) * 2 ** 48 + view.getUint16(at + 2) * 2 ** 32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(key)) throw new ScanBlockError("a scan's item key must be below 2^53");
  return {
    key,
    region,
    atSeconds: view.getUint32(at + 10),
    verdict,
    sighting: (view.getUint8(at) & SIGHTING) !== 0,
  };
}
