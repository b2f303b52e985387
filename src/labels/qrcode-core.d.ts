/**
 * The encoder inside the `qrcode` package. The package's entry imports writers of files and PNG, which this file does
 * not need. @types/qrcode describes only the entry, and needs Node's types.
 */
declare module "qrcode/lib/core/qrcode.js" {
  interface Segment {
    readonly data: string;
    readonly mode: "alphanumeric";
  }

  interface Options {
    readonly errorCorrectionLevel: "L" | "M" | "Q" | "H";
    /** 0 to 7; without it all eight are tried and the one of least penalty is taken (ISO/IEC 18004, 7.8). */
    readonly maskPattern?: number;
  }

  interface Symbol {
    readonly version: number;
    readonly maskPattern: number;
    /** `data` is row by row, 1 for a dark module. */
    readonly modules: { readonly size: number; readonly data: Uint8Array };
  }

  export function create(segments: readonly Segment[], options: Options): Symbol;
}
