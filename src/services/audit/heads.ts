import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { HASH_BYTES, nobleSha256 } from "../../core/ledger/merkle.ts";

/** The position of a walk along a chain: the record's `n`, and its digest in hex. */
export interface Head {
  n: number;
  digest: string;
}

const FIRST_SLOTS = 1024;
/** Hex digits of a name that find its slot: 52 bits, an exact integer. */
const KEY_DIGITS = 13;
const HASHED = /^node:([0-9a-f]{64})$/;

/**
 * The position of the walk along each chain, by name: an estimated 110 bytes per chain, of which there may be millions.
 */
export class Heads {
  private readonly slots = new Map<number, number>();
  private places = new Uint32Array(FIRST_SLOTS);
  /** Two hashes to a slot: the chain's name, and the digest of its last record. */
  private hashes = new Uint8Array(2 * FIRST_SLOTS * HASH_BYTES);
  /** Chains whose names begin like that of another one. */
  private readonly others = new Map<string, Head>();

  /** The number of walked chains. */
  get size(): number {
    return this.slots.size + this.others.size;
  }

  get(of: string): Head | undefined {
    const name = hashOf(of);
    const slot = this.slots.get(keyOf(name));
    if (slot === undefined) return undefined;
    if (bytesToHex(this.nameAt(slot)) !== name) return this.others.get(of);
    return { n: this.places[slot] as number, digest: bytesToHex(this.digestAt(slot)) };
  }

  /** @param n the record's place in the chain, an unsigned 32-bit integer */
  set(of: string, n: number, digest: Uint8Array): void {
    const name = hashOf(of);
    const key = keyOf(name);
    const known = this.slots.get(key);
    if (known !== undefined && bytesToHex(this.nameAt(known)) !== name)
      return void this.others.set(of, { n, digest: bytesToHex(digest) });
    const slot = known ?? this.slots.size;
    if (slot === this.places.length) this.grow();
    this.slots.set(key, slot);
    this.places[slot] = n;
    if (known === undefined) this.nameAt(slot).set(hexToBytes(name));
    this.digestAt(slot).set(digest);
  }

  private nameAt(slot: number): Uint8Array {
    return this.hashes.subarray(2 * slot * HASH_BYTES, (2 * slot + 1) * HASH_BYTES);
  }

  private digestAt(slot: number): Uint8Array {
    return this.hashes.subarray((2 * slot + 1) * HASH_BYTES, (2 * slot + 2) * HASH_BYTES);
  }

  private grow(): void {
    const { places, hashes } = this;
    this.places = new Uint32Array(places.length * 2);
    this.places.set(places);
    this.hashes = new Uint8Array(hashes.length * 2);
    this.hashes.set(hashes);
  }
}

function keyOf(name: string): number {
  return Number.parseInt(name.slice(0, KEY_DIGITS), 16);
}

/** Names of nodes are hashes, and most chains are theirs; the others are hashed. */
function hashOf(of: string): string {
  return HASHED.exec(of)?.[1] ?? bytesToHex(nobleSha256(utf8ToBytes(of)));
}
