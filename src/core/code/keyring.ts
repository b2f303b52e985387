import type { EpochKeys } from "./keys.ts";
import { decipherCode } from "./cipher.ts";
import { EPOCH_LIMIT, assertEpoch } from "./serial.ts";

/** A code that some epoch opened to a serial of an issued batch. */
export interface DecipheredCode<T> {
  readonly epoch: number;
  readonly serial: number;
  /** What `isIssued` gave. */
  readonly batch: T;
}

/** The keys of every epoch a service has had, newest first. */
export class Keyring {
  readonly #newestFirst: readonly EpochKeys[];

  /**
   * @param epochs 1 to 256, in any order
   * @throws {RangeError} if there is none, or a number comes twice or is not 0–255
   */
  constructor(epochs: Iterable<EpochKeys>) {
    const sorted = [...epochs].toSorted((one, other) => other.epoch - one.epoch);
    if (sorted.length === 0 || sorted.length > EPOCH_LIMIT)
      throw new RangeError(`a keyring holds 1 to ${EPOCH_LIMIT} epochs, not ${sorted.length}`);
    for (const [index, { epoch }] of sorted.entries()) {
      assertEpoch(epoch);
      if (sorted[index - 1]?.epoch === epoch) throw new RangeError(`epoch ${epoch} is given twice`);
    }
    this.#newestFirst = sorted;
  }

  /** The keys that new batches are sealed with. */
  get newest(): EpochKeys {
    return this.#newestFirst[0]!;
  }

  /**
   * The keys of one epoch.
   *
   * @throws {RangeError} if the ring has none of that number
   */
  keysOf(epoch: number): EpochKeys {
    const keys = this.#newestFirst.find((candidate) => candidate.epoch === epoch);
    if (keys === undefined) throw new RangeError(`no keys of epoch ${epoch}`);
    return keys;
  }

  /**
   * Opens a code under each epoch, newest first, until a serial comes out that was issued. A code of one epoch opens
   * under another with probability 2^-30 an epoch, so a serial in no batch ends nothing: the search goes on.
   *
   * @param code normalised, its check character right (`parseCode` makes it so)
   * @param isIssued the batch of that epoch the serial lies in, or null (a map's undefined will do); asked only of
   * codes that open. Never true or false: a false taken for a batch would pass a forgery.
   * @returns null for a forgery
   * @throws {TypeError | RangeError} as `decipherCode`
   */
  decipher<T extends object | number | string>(
    code: string,
    isIssued: (epoch: number, serial: number) => T | null | undefined,
  ): DecipheredCode<T> | null {
    for (const keys of this.#newestFirst) {
      const serial = decipherCode(keys, code);
      if (serial === null) continue;
      const batch = isIssued(keys.epoch, serial);
      if (batch !== null && batch !== undefined) return { epoch: keys.epoch, serial, batch };
    }
    return null;
  }
}
