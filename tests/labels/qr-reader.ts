/**
 * A reader of flawless QR symbols, versions 1 to 10, written from ISO/IEC 18004 and sharing nothing with the encoder
 * under test: no correction, but both copies of the format information must agree with their checks and every
 * Reed-Solomon block must be a codeword.
 */

export interface QrReading {
  readonly text: string;
  readonly version: number;
  readonly level: string;
  readonly mask: number;
}

type Bits = (x: number, y: number) => boolean;
type Blocks = [eccPerBlock: number, ...groups: [count: number, data: number][]];

const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Table 12: the two bits that stand for each level. */
const LEVELS = ["M", "L", "H", "Q"];
/** Table 9. */
const BLOCKS: Record<string, Blocks[]> = {
  L: [
    [7, [1, 19]],
    [10, [1, 34]],
    [15, [1, 55]],
    [20, [1, 80]],
    [26, [1, 108]],
    [18, [2, 68]],
    [20, [2, 78]],
    [24, [2, 97]],
    [30, [2, 116]],
    [18, [2, 68], [2, 69]],
  ],
  M: [
    [10, [1, 16]],
    [16, [1, 28]],
    [26, [1, 44]],
    [18, [2, 32]],
    [24, [2, 43]],
    [16, [4, 27]],
    [18, [4, 31]],
    [22, [2, 38], [2, 39]],
    [22, [3, 36], [2, 37]],
    [26, [4, 43], [1, 44]],
  ],
  Q: [
    [13, [1, 13]],
    [22, [1, 22]],
    [18, [2, 17]],
    [26, [2, 24]],
    [18, [2, 15], [2, 16]],
    [24, [4, 19]],
    [18, [2, 14], [4, 15]],
    [22, [4, 18], [2, 19]],
    [20, [4, 16], [4, 17]],
    [24, [6, 19], [2, 20]],
  ],
  H: [
    [17, [1, 9]],
    [28, [1, 16]],
    [22, [2, 13]],
    [16, [4, 9]],
    [22, [2, 11], [2, 12]],
    [28, [4, 15]],
    [26, [4, 13], [1, 14]],
    [26, [4, 14], [2, 15]],
    [24, [4, 12], [4, 13]],
    [28, [6, 15], [2, 16]],
  ],
};

/** Table 10, in x and y (column and row). */
const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Reads a symbol of `size` modules a side. Throws if anything about it is amiss. */
export function readQr(size: number, bits: Bits): QrReading {
  const version = (size - 17) / 4;
  if (!Number.isInteger(version) || version < 1 || version > 10) throw new Error(`size ${size}`);
  const centres = alignmentCentres(version);
  checkFunctionPatterns(size, bits, centres);
  const { level, mask } = readFormat(size, bits);
  const blocks = BLOCKS[level]?.[version - 1] as Blocks;
  const data = deinterleave(readCodewords(size, bits, mask, version, centres), blocks);
  return { text: decode(data, version), version, level, mask };
}

function alignmentCentres(version: number): [number, number][] {
  if (version === 1) return [];
  const last = 4 * version + 10;
  const axis = version < 7 ? [6, last] : [6, (last + 6) / 2, last];
  return axis
    .flatMap((x) => axis.map((y): [number, number] => [x, y]))
    .filter(([x, y]) => !((x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6)));
}

function checkFunctionPatterns(size: number, bits: Bits, centres: [number, number][]): void {
  const expect = (x: number, y: number, dark: boolean): void => {
    if (bits(x, y) !== dark) throw new Error(`function pattern at ${x}, ${y}`);
  };
  for (const [left, top] of [
    [0, 0],
    [size - 7, 0],
    [0, size - 7],
  ] as const)
    for (let x = -1; x <= 7; x++)
      for (let y = -1; y <= 7; y++) {
        const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        expect(left + x, top + y, ring === 3 || ring < 2);
      }
  for (const [cx, cy] of centres)
    for (let x = -2; x <= 2; x++)
      for (let y = -2; y <= 2; y++) expect(cx + x, cy + y, Math.max(Math.abs(x), Math.abs(y)) !== 1);
  for (let i = 8; i < size - 8; i++) {
    expect(i, 6, i % 2 === 0);
    expect(6, i, i % 2 === 0);
  }
  expect(8, size - 8, true);
}

/** Section 7.9: two copies of 15 bits, most significant first, masked with 101010000010010. */
function readFormat(size: number, bits: Bits): { level: string; mask: number } {
  const around: [number, number][] = [];
  for (const x of [0, 1, 2, 3, 4, 5, 7, 8]) around.push([x, 8]);
  for (const y of [7, 5, 4, 3, 2, 1, 0]) around.push([8, y]);
  const split: [number, number][] = [];
  for (let i = 1; i <= 7; i++) split.push([8, size - i]);
  for (let i = 8; i >= 1; i--) split.push([size - i, 8]);
  const [first, second] = [around, split].map((places) =>
    places.reduce((value, [x, y]) => (value << 1) | (bits(x, y) ? 1 : 0), 0),
  );
  if (first !== second) throw new Error("the two copies of the format information differ");
  const format = (first as number) ^ 0b101010000010010;
  let rest = format;
  for (let i = 14; i >= 10; i--) if ((rest >> i) & 1) rest ^= 0b10100110111 << (i - 10);
  if (rest !== 0) throw new Error("format information fails its check");
  return { level: LEVELS[format >> 13] as string, mask: (format >> 10) & 7 };
}

function isFunctionModule(
  size: number,
  version: number,
  centres: [number, number][],
  x: number,
  y: number,
): boolean {
  if (x === 6 || y === 6) return true;
  if ((x < 9 && y < 9) || (x < 9 && y >= size - 8) || (x >= size - 8 && y < 9)) return true;
  if (version >= 7 && ((x < 6 && y >= size - 11) || (y < 6 && x >= size - 11))) return true;
  return centres.some(([cx, cy]) => Math.abs(x - cx) <= 2 && Math.abs(y - cy) <= 2);
}

/** Section 7.7.3: upwards and downwards in columns two wide, from the right, leaving out column 6. */
function readCodewords(
  size: number,
  bits: Bits,
  mask: number,
  version: number,
  centres: [number, number][],
): number[] {
  const isMasked = MASKS[mask] as (x: number, y: number) => boolean;
  const codewords: number[] = [];
  let value = 0;
  let count = 0;
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) {
        const y = upwards ? size - 1 - step : step;
        if (isFunctionModule(size, version, centres, x, y)) continue;
        value = (value << 1) | (bits(x, y) !== isMasked(x, y) ? 1 : 0);
        count += 1;
        if (count % 8 === 0) {
          codewords.push(value);
          value = 0;
        }
      }
    upwards = !upwards;
  }
  return codewords;
}

/** Section 7.6, backwards; every block's syndromes must be zero. */
function deinterleave(codewords: number[], [ecc, ...groups]: Blocks): number[] {
  const lengths = groups.flatMap(([count, data]) => Array.from({ length: count }, () => data));
  const blocks: number[][] = lengths.map(() => []);
  let at = 0;
  for (let i = 0; i < Math.max(...lengths); i++)
    for (const [b, length] of lengths.entries()) if (i < length) blocks[b]?.push(codewords[at++] as number);
  const data = blocks.flatMap((block) => [...block]);
  for (let i = 0; i < ecc; i++) for (const block of blocks) block.push(codewords[at++] as number);
  if (at !== codewords.length) throw new Error("codewords are left over");
  for (const block of blocks) checkSyndromes(block, ecc);
  return data;
}

/** GF(256) with x^8+x^4+x^3+x^2+1; the generator's roots are α^0 to α^(ecc-1). */
function checkSyndromes(block: number[], ecc: number): void {
  for (let i = 0, root = 1; i < ecc; i++, root = times(root, 2)) {
    const syndrome = block.reduce((sum, codeword) => times(sum, root) ^ codeword, 0);
    if (syndrome !== 0) throw new Error("a Reed-Solomon block is damaged");
  }
}

function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11d : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** Section 7.4: one alphanumeric segment, a terminator, padding of 11101100 and 00010001. */
function decode(data: number[], version: number): string {
  const stream = data.map((codeword) => codeword.toString(2).padStart(8, "0")).join("");
  let at = 0;
  const take = (length: number): number => Number.parseInt(stream.slice(at, (at += length)), 2);
  const mode = take(4);
  if (mode !== 0b0010) throw new Error(`mode ${mode}, not alphanumeric`);
  let left = take(version < 10 ? 9 : 11);
  let text = "";
  for (; left >= 2; left -= 2) {
    const pair = take(11);
    text += (ALPHANUMERIC[Math.floor(pair / 45)] ?? "") + (ALPHANUMERIC[pair % 45] ?? "");
  }
  if (left === 1) text += ALPHANUMERIC[take(6)] ?? "";
  const rest = stream.slice(at);
  const padding = rest.slice(Math.min(rest.length, 4 + ((8 - ((at + 4) % 8)) % 8)));
  if (/1/.test(rest.slice(0, rest.length - padding.length))) throw new Error("more than one segment");
  if (!/^(?:1110110000010001)*(?:11101100)?$/.test(padding)) throw new Error("padding");
  return text;
}

/** A raster of rectangles, as a printer would draw them. */
export function rasterise(rectangles: Iterable<{ x: number; y: number; width: number; height: number }>): {
  size: number;
  bits: Bits;
} {
  const dark = new Set<string>();
  let size = 0;
  for (const { x, y, width, height } of rectangles)
    for (let dx = 0; dx < width; dx++)
      for (let dy = 0; dy < height; dy++) {
        const key = `${x + dx},${y + dy}`;
        if (dark.has(key)) throw new Error(`module ${key} is drawn twice`);
        dark.add(key);
        size = Math.max(size, x + dx + 1, y + dy + 1);
      }
  return { size, bits: (x, y) => dark.has(`${x},${y}`) };
}
