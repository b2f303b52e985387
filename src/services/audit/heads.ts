import { bytesToHex } from "@noble/hashes/utils.js";
import { HASH_BYTES } from "../../core/ledger/merkle.ts";

/** The position of a walk along a chain: the record's `n`, and its digest in hex. */
export interface Head {
  n: number;
  digest: string;
}

const FIRST_SLOTS = 1024;

/**
 * The position of the walk along each chain, by chain id: an estimated 80 bytes per chain, of which there may be millions. A
 * chain that a record names and the store lacks is kept by name.
 */
export class Heads {
  private readonly slots = new Map<number, number>();
  private places = new Uint32Array(FIRST_SLOTS);
  private digests = new Uint8Array(FIRST_SLOTS * HASH_BYTES);
  private readonly unknown = new Map<string, Head>();

  /** The number of walked chains. */
  get size(): number {
    return this.slots.size + this.unknown.size;
  }

  /** Names of walked chains that the store lacks. */
  get missing(): Iterable<string> {
    return this.unknown.keys();
  }

  get(id: number | undefined, of: string): Head | undefined {
    if (id === undefined) return this.unknown.get(of);
    const slot = this.slots.get(id);
    if (slot === undefined) return undefined;
    const digest = this.digests.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
    return { n: this.places[slot] as number, digest: bytesToHex(digest) };
  }

  /** @param n the record's place in the chain, an unsigned 32-bit integer */
  set(id: number | undefined, of: string, n: number, digest: Uint8Array): void {
    if (id === undefined) return void this.unknown.set(of, { n, digest: bytesToHex(digest) });
    const slot = this.slots.get(id) ?? this.slots.size;
    if (slot === this.places.length) this.grow();
    this.slots.set(id, slot);
    this.places[slot] = n;
    this.digests.set(digest, slot * HASH_BYTES);
  }

  private grow(): void {
    const { places, digests } = this;
    this.places = new Uint32Array(places.length * 2);
    this.places.set(places);
    this.digests = new Uint8Array(digests.length * 2);
    this.digests.set(digests);
  }
}
