/** The random values of this folder's property tests. */
import * as fc from "fast-check";
import { ALPHABET } from "../../../src/core/code/alphabet.ts";
import { deriveEpochKeys } from "../../../src/core/code/keys.ts";
import { SERIAL_LIMIT } from "../../../src/core/code/serial.ts";

/** The epoch secret 00 01 … 1f of the design's vector. */
export const COUNTING_SECRET = Uint8Array.from({ length: 32 }, (_, byte) => byte);

/** Its keys, as epoch 0. */
export const KEYS = deriveEpochKeys(0, COUNTING_SECRET);

export const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Any serial, with the small, the large and those about 2^32, 2^37 and 2^40 more often than chance. */
export const serials = fc.oneof(
  fc.integer({ min: 0, max: SERIAL_LIMIT - 1 }),
  fc
    .tuple(fc.constantFrom(0, 2 ** 32, 2 ** 37, 2 ** 40, SERIAL_LIMIT), fc.integer({ min: -300, max: 300 }))
    .map(([centre, offset]) => Math.min(Math.max(centre + offset, 0), SERIAL_LIMIT - 1)),
);

/** Fifteen symbols: the body of some code, hardly ever one that opens. */
export const bodies = fc.string({
  unit: fc.constantFrom(...Array.from(ALPHABET)),
  minLength: 15,
  maxLength: 15,
});

/** `text` with the character at `index` replaced. */
export function replaceAt(text: string, index: number, character: string): string {
  return text.slice(0, index) + character + text.slice(index + 1);
}
