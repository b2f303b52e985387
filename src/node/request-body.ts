import { FramingError } from "./request-frame.ts";

/** Follows a request body in the bytes of a connection. */
export interface BodyReader {
  readonly done: boolean;
  /**
   * Takes bytes; returns how many of them belong to the body.
   * @throws FramingError where chunks are malformed
   */
  take(bytes: Buffer): number;
}

/** A body of a known length. */
export class SizedBody implements BodyReader {
  private left: number;

  constructor(lengthBytes: number) {
    this.left = lengthBytes;
  }

  get done(): boolean {
    return this.left === 0;
  }

  take(bytes: Buffer): number {
    const taken = Math.min(this.left, bytes.length);
    this.left -= taken;
    return taken;
  }
}

const CR = 13;
const LF = 10;
/** Of a chunk's size line or of a trailer line. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILER_LINES = 32;
/** A size, then extensions, which are ignored (RFC 9112, 7.1.1). */
const SIZE_LINE = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t -~\x80-\xff]*)?$/;

/** A body in chunks (RFC 9112, 7.1). */
export class ChunkedBody implements BodyReader {
  done = false;
  private part: "size" | "data" | "data end" | "trailer" = "size";
  private left = 0;
  private trailerLines = 0;
  /** The line being read. */
  private line = "";

  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.part === "data") {
        const taken = Math.min(this.left, bytes.length - at);
        at += taken;
        this.left -= taken;
        if (this.left === 0) this.part = "data end";
      } else at = this.readLine(bytes, at);
    }
    return at;
  }

  /** Reads to the end of the line, or of the bytes. Returns the place after it. */
  private readLine(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(LF, from);
    const end = found < 0 ? bytes.length : found;
    if (this.line.length + end - from > MAX_LINE_BYTES)
      throw new FramingError(`a line between chunks may have at most ${MAX_LINE_BYTES} bytes`);
    this.line += bytes.toString("latin1", from, end);
    if (found < 0) return end;
    if (this.line.charCodeAt(this.line.length - 1) !== CR)
      throw new FramingError("a line between chunks must end with CR LF");
    const line = this.line.slice(0, -1);
    this.line = "";
    this.lineRead(line);
    return end + 1;
  }

  private lineRead(line: string): void {
    if (this.part === "size") {
      const [, size] = SIZE_LINE.exec(line) ?? [];
      if (size === undefined)
        throw new FramingError("a chunk must begin with its size in hexadecimal digits");
      this.left = Number.parseInt(size, 16);
      this.part = this.left === 0 ? "trailer" : "data";
    } else if (this.part === "data end") {
      if (line !== "")
        throw new FramingError("a chunk must end with CR LF after as many bytes as its size says");
      this.part = "size";
    } else if (line === "") this.done = true;
    else if (++this.trailerLines > MAX_TRAILER_LINES)
      throw new FramingError(`a body may have at most ${MAX_TRAILER_LINES} trailer lines`);
  }
}
