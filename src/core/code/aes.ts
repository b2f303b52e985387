/** A 16-byte block as four signed 32-bit words, the first byte lowest in `s0`: the form that AES works on. */
export interface BlockWords {
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
  readonly s3: number;
}

/** SubBytes (FIPS 197, 5.1.1): the inverse in GF(2^8), by powers of the generator 3, and an affine map of it. */
const SUBSTITUTED = substitutionBox();

/** SubBytes and MixColumns (FIPS 197, 5.1.3) of a column's first byte. The other bytes use the same values, rotated. */
const MIXED = Uint32Array.from(SUBSTITUTED, (byte) => {
  const twice = double(byte);
  return (twice | (byte << 8) | (byte << 16) | ((twice ^ byte) << 24)) >>> 0;
});

/**
 * AES-128 of one block (FIPS 197, 5.1), under 44 words of key schedule in the block's own byte order.
 *
 * Its tables are small: 1.25 KiB stay in the processor's nearest cache. The half mebibyte of @noble/ciphers, made for
 * long messages, is fetched again for every code and evicts other data of a scan (docs/performance.md). In both, the
 * time of a table look-up depends on the key; clients reach it only over a network.
 */
export function encryptBlock(key: Uint32Array, s0: number, s1: number, s2: number, s3: number): BlockWords {
  s0 ^= key[0] as number;
  s1 ^= key[1] as number;
  s2 ^= key[2] as number;
  s3 ^= key[3] as number;
  for (let at = 4; at < 40; at += 4) {
    const t0 = column(s0, s1, s2, s3) ^ (key[at] as number);
    const t1 = column(s1, s2, s3, s0) ^ (key[at + 1] as number);
    const t2 = column(s2, s3, s0, s1) ^ (key[at + 2] as number);
    s3 = column(s3, s0, s1, s2) ^ (key[at + 3] as number);
    s0 = t0;
    s1 = t1;
    s2 = t2;
  }
  return {
    s0: lastColumn(s0, s1, s2, s3) ^ (key[40] as number),
    s1: lastColumn(s1, s2, s3, s0) ^ (key[41] as number),
    s2: lastColumn(s2, s3, s0, s1) ^ (key[42] as number),
    s3: lastColumn(s3, s0, s1, s2) ^ (key[43] as number),
  };
}

/** A column of a round: one byte of each word (ShiftRows), substituted and mixed. */
function column(a: number, b: number, c: number, d: number): number {
  const second = MIXED[(b >>> 8) & 255] as number;
  const third = MIXED[(c >>> 16) & 255] as number;
  const fourth = MIXED[d >>> 24] as number;
  return (
    (MIXED[a & 255] as number) ^
    ((second << 8) | (second >>> 24)) ^
    ((third << 16) | (third >>> 16)) ^
    ((fourth << 24) | (fourth >>> 8))
  );
}

/** A column of the last round, which has no MixColumns. */
function lastColumn(a: number, b: number, c: number, d: number): number {
  return (
    (SUBSTITUTED[a & 255] as number) |
    ((SUBSTITUTED[(b >>> 8) & 255] as number) << 8) |
    ((SUBSTITUTED[(c >>> 16) & 255] as number) << 16) |
    ((SUBSTITUTED[d >>> 24] as number) << 24)
  );
}

function substitutionBox(): Uint8Array {
  const powers: number[] = [1];
  while (powers.length < 255) powers.push(triple(powers.at(-1) as number));
  const box = new Uint8Array(256);
  box[0] = 0x63;
  powers.forEach((value, exponent) => {
    const inverse = powers[(255 - exponent) % 255] as number;
    let sum = 0x63;
    for (let turn = 0; turn < 5; turn++) sum ^= (inverse << turn) | (inverse >>> (8 - turn));
    box[value] = sum;
  });
  return box;
}

/** Times x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2). */
function double(byte: number): number {
  return ((byte << 1) ^ (byte & 128 ? 0x1b : 0)) & 255;
}

function triple(byte: number): number {
  return double(byte) ^ byte;
}
