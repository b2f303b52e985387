import type { Keyring } from "../../core/code/keyring.ts";
import { splitItemKey } from "../../core/code/serial.ts";
import { rootLevel, type Segment } from "../../core/custody/segment.ts";
import { HASH_BYTES, inclusionProof, packedLevels, packedRoot } from "../../core/ledger/merkle.ts";
import type { Store } from "../../store/store.ts";
import type { Platform } from "../../platform.ts";
import type { IssuedBatch } from "../../scan/batch-register.ts";

/** Hashes of every eighth level are stored, so that a proof recomputes one block of 256 codes. */
const KEPT_LEVELS = 8;
const BLOCK = 2 ** KEPT_LEVELS;
const CACHED_BLOCKS = 1024;
/** Nodes of up to 16 codes are computed from these codes alone: an uncached block would cost more. */
const ALONE_LEVELS = 4;
/** Unless that happened so often in one block: goods that are reported in printing order ask for all of it. */
const MOST_ALONE = 6;
const COUNTED_BLOCKS = 4096;

type TreeOf = Pick<IssuedBatch, "id" | "start" | "count">;

/** The Merkle trees of batches (RFC 6962, 2.1): hashes from the store, the lowest levels recomputed from the codes. */
export class BatchTrees {
  private readonly store: Store;
  private readonly keyring: Keyring;
  private readonly platform: Platform;
  /** Leaf hashes of recently used blocks, the least recently used first. */
  private readonly blocks = new Map<string, Uint8Array>();
  /** How often nodes of blocks that are not in `blocks` were computed alone. */
  private readonly alone = new Map<string, number>();

  constructor(store: Store, keyring: Keyring, platform: Platform) {
    this.store = store;
    this.keyring = keyring;
    this.platform = platform;
  }

  /** The hash of a node; a node beyond the right edge covers the existing positions. */
  nodeHash(batch: TreeOf, segment: Segment): Uint8Array {
    const { level, start } = segment;
    if (start < 0 || start >= batch.count || start % 2 ** level !== 0)
      throw new RangeError(`batch ${batch.id} has no node of level ${level} at position ${start}`);
    if (level <= ALONE_LEVELS) return this.lowHash(batch, segment);
    const kept = level - (level % KEPT_LEVELS);
    const span = 2 ** kept;
    const end = Math.min(start + 2 ** level, batch.count);
    return packedRoot(this.hashes(batch, kept, start / span, Math.ceil(end / span)));
  }

  private lowHash(batch: TreeOf, { level, start }: Segment): Uint8Array {
    const end = Math.min(start + 2 ** level, batch.count);
    const page = Math.floor(start / BLOCK);
    const known = this.knownBlock(batch, page);
    const from = (start - page * BLOCK) * HASH_BYTES;
    const leaves =
      known?.slice(from, from + (end - start) * HASH_BYTES) ?? this.leaves(batch, start, end - start);
    return packedRoot(leaves);
  }

  /** The leaves of a block where it is kept, or asked for so often that it pays to compute it. */
  private knownBlock(batch: TreeOf, page: number): Uint8Array | undefined {
    const id = blockId(batch, page);
    const known = this.blocks.get(id);
    if (known !== undefined) return known;
    const times = (this.alone.get(id) ?? 0) + 1;
    if (times <= MOST_ALONE) {
      if (this.alone.size >= COUNTED_BLOCKS) this.alone.clear();
      this.alone.set(id, times);
      return undefined;
    }
    this.alone.delete(id);
    return this.block(batch, page);
  }

  /** The proof that the code at `position` is in the batch, leaf's sibling first. */
  proof(batch: TreeOf, position: number): Uint8Array[] {
    return inclusionProof(
      position,
      batch.count,
      (level, index) => this.nodeHash(batch, { level, start: index * 2 ** level }),
      this.platform.sha256,
    );
  }

  /** A copy of the hashes [from, to) of a kept level, packed. */
  private hashes(batch: TreeOf, level: number, from: number, to: number): Uint8Array {
    const packed = new Uint8Array((to - from) * HASH_BYTES);
    for (let index = from; index < to;) {
      const page = Math.floor(index / BLOCK);
      const until = Math.min(to, (page + 1) * BLOCK);
      const hashes = level === 0 ? this.block(batch, page) : this.page(batch, level, page);
      const first = (index - page * BLOCK) * HASH_BYTES;
      packed.set(hashes.subarray(first, first + (until - index) * HASH_BYTES), (index - from) * HASH_BYTES);
      index = until;
    }
    return packed;
  }

  private page(batch: TreeOf, level: number, page: number): Uint8Array {
    // Levels with a single node are not stored: that node is the root.
    const hashes = this.store.batches.hashes(batch.id, level, page);
    if (hashes !== undefined) return hashes;
    if (level > rootLevel(batch.count)) throw new RangeError(`batch ${batch.id} has no level ${level}`);
    throw new Error(`hashes of level ${level} of batch ${batch.id} are missing from the store`);
  }

  private block(batch: TreeOf, page: number): Uint8Array {
    const id = blockId(batch, page);
    const known = this.blocks.get(id);
    if (known !== undefined) {
      this.blocks.delete(id);
      this.blocks.set(id, known);
      return known;
    }
    const first = page * BLOCK;
    const leaves = this.leaves(batch, first, Math.min(BLOCK, batch.count - first));
    this.blocks.set(id, leaves);
    if (this.blocks.size > CACHED_BLOCKS) this.blocks.delete(this.blocks.keys().next().value as string);
    return leaves;
  }

  private leaves(batch: TreeOf, first: number, count: number): Uint8Array {
    const { epoch, serial } = splitItemKey(batch.start + first);
    const keys = this.keyring.keysOf(epoch);
    return this.platform.codes.leaves(keys, serial, this.platform.codes.codes(keys, serial, count));
  }
}

function blockId({ id }: TreeOf, page: number): string {
  return `${id}/${page}`;
}

/** The root of a batch's tree and the hashes that the store keeps. */
export interface Commitment {
  root: Uint8Array;
  pages: { level: number; page: number; hashes: Uint8Array }[];
}

/** Codes per call of the bulk generator. */
const RUN = 65_536;
/** Concurrent calls: more than there are processors, so that none is idle. */
const LANES = 4;

/**
 * Computes the commitment of a batch. Memory holds one hash per 256 codes: 6.5 MB for 51.68 million.
 * @param progress receives the number of codes done; if it returns false, the result is undefined
 */
export async function commitmentOf(
  { keyring, platform }: { keyring: Keyring; platform: Platform },
  { start, count }: Pick<IssuedBatch, "start" | "count">,
  progress: (done: number) => boolean = () => true,
): Promise<Commitment | undefined> {
  const { epoch, serial } = splitItemKey(start);
  const keys = keyring.keysOf(epoch);
  const level8 = new Uint8Array(Math.ceil(count / BLOCK) * HASH_BYTES);
  let next = 0;
  let done = 0;
  let goesOn = true;
  const lane = async (): Promise<void> => {
    while (goesOn && next < count) {
      const first = next;
      const size = Math.min(RUN, count - first);
      next += size;
      try {
        level8.set(await platform.codes.blocks(keys, serial + first, size), (first / BLOCK) * HASH_BYTES);
        done += size;
        goesOn &&= progress(done);
      } catch (error) {
        goesOn = false;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return goesOn ? commitmentOver(level8, count) : undefined;
}

function commitmentOver(level8: Uint8Array, count: number): Commitment {
  const pages: Commitment["pages"] = [];
  let hashes = level8;
  for (let level = KEPT_LEVELS; level <= rootLevel(count); level += KEPT_LEVELS) {
    pages.push(...pagesOf(level, hashes));
    hashes = packedLevels(hashes.slice(), KEPT_LEVELS);
  }
  return { root: packedRoot(level8.slice()), pages };
}

function pagesOf(level: number, hashes: Uint8Array): Commitment["pages"] {
  const pages = [];
  for (let page = 0; page * BLOCK * HASH_BYTES < hashes.length; page++)
    pages.push({
      level,
      page,
      hashes: hashes.slice(page * BLOCK * HASH_BYTES, (page + 1) * BLOCK * HASH_BYTES),
    });
  return pages;
}
