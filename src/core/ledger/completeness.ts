import { bytesToHex } from "@noble/hashes/utils.js";
import { chainTag } from "./chain.ts";
import { decodeEntry } from "./entry.ts";
import { nobleSha256 } from "./merkle.ts";
import { type ChainHead, type Monitored, type MonitorRound, monitorRound } from "./monitoring.ts";
import { TILE_WIDTH } from "./tile.ts";
import { type SignedTree, TileReader } from "./tile-reader.ts";

/** A chain as shown to a reader. */
export interface ShownChain {
  of: string;
  /** The log index of each of its places, from place 0; each was proven to be in the shown tree. */
  indices: readonly number[];
}

/** A part of the log as shown to a reader: the tree of a checkpoint, and chains stated to be complete at its size. */
export interface Shown extends SignedTree {
  chains: readonly ShownChain[];
}

/** A complete chain, and the number of records that the log added after the shown tree. */
export interface WholeChain {
  of: string;
  /** Records at the shown tree. */
  length: number;
  gained: number;
}

/** Chains differ from those shown; the log itself is consistent. */
export class IncompleteError extends Error {
  override readonly name = "IncompleteError";
  /** One sentence for each chain. */
  readonly differences: readonly string[];

  constructor(differences: readonly string[]) {
    super(differences.join("; "));
    this.differences = differences;
  }
}

/**
 * Follows a log past a shown tree, and compares each shown chain with the log's entries: places 0 to length - 1 must
 * be the shown records, and no further place may be in the log before the end of the tree.
 *
 * With a monitor's state, reads only new entries. It reads older ones only where the last places do not decide: for a
 * chain that gained several records since, some possibly before the end of the tree.
 * @param seen called with the new state once the log has passed; the state may be kept whatever the chains' result
 *   @throws MonitoringError if the log fails, also if it does not continue the shown tree @throws IncompleteError if
 *   a chain differs from the shown one
 */
export async function checkCompleteness(
  shown: Shown,
  round: MonitorRound,
  seen: (monitored: Monitored) => void = () => undefined,
): Promise<WholeChain[]> {
  const sha = round.sha ?? nobleSha256;
  const compared = shown.chains.map(
    (chain) => new ComparedChain(chain, bytesToHex(chainTag(chain.of, sha)), shown.size),
  );
  const byTag = new Map(compared.map((chain) => [chain.tag, chain]));
  const watch = (tag: string, place: ChainHead): void => byTag.get(tag)?.see(place);
  for (const chain of compared) {
    const head = round.kept?.heads.get(chain.tag);
    if (head !== undefined) chain.see(head);
  }
  const monitored = await monitorRound({ ...round, shown, watch });
  seen(monitored);
  const unclear = compared.filter((chain) => chain.isUnclear());
  if (unclear.length > 0) await readAgain(unclear, new TileReader(monitored, round.fetch, sha), shown.size);
  const differences = compared.flatMap((chain) => chain.difference(monitored.heads.get(chain.tag)) ?? []);
  if (differences.length > 0) throw new IncompleteError(differences);
  return compared.map(({ of, indices, tag }) => {
    const inAll = (monitored.heads.get(tag)?.n ?? -1) + 1;
    return { of, length: indices.length, gained: inAll - indices.length };
  });
}

/** Compares a shown chain with its places in the log, which the monitor has checked for gaps and duplicates. */
class ComparedChain {
  readonly of: string;
  readonly indices: readonly number[];
  readonly tag: string;
  readonly #size: number;
  /** The first place beyond those shown, as far as seen. */
  #beyond: ChainHead | undefined;
  #wrong: string | undefined;

  constructor({ of, indices }: ShownChain, tag: string, size: number) {
    this.of = of;
    this.indices = indices;
    this.tag = tag;
    this.#size = size;
  }

  /** The log index from which to search for places beyond those shown. */
  get end(): number {
    return (this.indices.at(-1) ?? -1) + 1;
  }

  see({ n, index }: ChainHead): void {
    const expected = this.indices[n];
    if (expected === undefined) {
      if (this.#beyond === undefined || n < this.#beyond.n) this.#beyond = { n, index };
    } else if (expected !== index) {
      this.#wrong ??= `chain ${this.of}: place ${n} is record ${index} in the log, and record ${expected} was shown`;
    }
  }

  /** Whether there are places of unknown index between those shown and the first one seen beyond them. */
  isUnclear(): boolean {
    return (
      this.#beyond !== undefined && this.#beyond.n > this.indices.length && this.#beyond.index >= this.#size
    );
  }

  /** @param head the chain's last place in the whole log */
  difference(head: ChainHead | undefined): string | undefined {
    const { length } = this.indices;
    const inLog = (head?.n ?? -1) + 1;
    if (this.#wrong !== undefined) return this.#wrong;
    if (inLog < length)
      return `chain ${this.of}: it has ${inLog} records in the log, and ${length} were shown`;
    if (this.#beyond === undefined || this.#beyond.index >= this.#size) return undefined;
    return (
      `chain ${this.of}: it was shown with ${length} records, and record ${this.#beyond.index} of the log, before the ` +
      `checkpoint's end at ${this.#size}, is its place ${this.#beyond.n}: withheld`
    );
  }
}

/** Reads the entries before the end of the tree in which unclear chains may have places that were not shown. */
async function readAgain(chains: readonly ComparedChain[], reader: TileReader, size: number): Promise<void> {
  const byTag = new Map(chains.map((chain) => [chain.tag, chain]));
  const from = Math.min(...chains.map(({ end }) => end));
  for (let bundle = Math.floor(from / TILE_WIDTH); bundle * TILE_WIDTH < size; bundle++) {
    const entries = await reader.entries(bundle);
    entries.slice(0, size - bundle * TILE_WIDTH).forEach((entry, i) => {
      const index = bundle * TILE_WIDTH + i;
      for (const { tag, n } of decodeEntry(entry).chains) byTag.get(bytesToHex(tag))?.see({ n, index });
    });
  }
}
