import type { EpochKeys } from "./keys.ts";
import { decipherCode } from "./cipher.ts";
import { EPOCH_LIMIT, assertEpoch } from "./serial.ts";

/** A code that one epoch deciphered to a serial of an issued batch. */
export interface DecipheredCode<T> {
  readonly epoch: number;
  readonly serial: number;
  /** The result of `isIssued`. */
  readonly batch: T;
}

/** The keys of all epochs of a service, newest first. */
export class Keyring {
  readonly #newestFirst: readonly EpochKeys[];

  /**
   * @param epochs 1 to 256, in any order
   * @throws {RangeError} if there are none or more than 256, or an epoch number is repeated or not 0–255
   */
  constructor(epochs: Iterable<EpochKeys>) {
    const sorted = [...epochs].toSorted((one, other) => other.epoch - one.epoch);
    if (sorted.length === 0 || sorted.length > EPOCH_LIMIT)
      throw new RangeError(`a keyring must hold 1 to ${EPOCH_LIMIT} epochs, not ${sorted.length}`);
    for (const [index, { epoch }] of sorted.entries()) {
      assertEpoch(epoch);
      if (sorted[index - 1]?.epoch === epoch) throw new RangeError(`epoch ${epoch} is given twice`);
    }
    this.#newestFirst = sorted;
  }

  /** The keys that encipher the codes of new batches. */
  get newest(): EpochKeys {
    return this.#newestFirst[0]!;
  }

  /**
   * The keys of one epoch.
   *
   * @throws {RangeError} if the keyring has no epoch of that number
   */
  keysOf(epoch: number): EpochKeys {
    const keys = this.#newestFirst.find((candidate) => candidate.epoch === epoch);
    if (keys === undefined) throw new RangeError(`the keyring has no keys of epoch ${epoch}`);
    return keys;
  }

  /**
   * Deciphers a code under each epoch, newest first, until the serial is an issued one. A code of one epoch deciphers
   * under another with probability 2^-30, so a serial in no batch does not end the search.
   *
   * @param code normalised, with the right check character, as `parseCode` returns it
   * @param isIssued returns the batch of that epoch that contains the serial, or null or undefined if none does.
   *   Called only for codes that decipher. It must not return a boolean: `false` would pass as a batch, and a forgery
   *   with it.
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
