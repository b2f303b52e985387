import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** What the stream asks of the connection that feeds it. */
export interface StreamOwner {
  readonly socket: Socket;
  /** The HTTP server wants more bytes of the request. */
  wantsMore(): void;
  /** The HTTP server ends the connection after its answer. */
  ends(): void;
  /** An answer was sent whole, or its connection is lost. */
  answered(): void;
  /** Answers what the HTTP server could not read, and closes. */
  refuse(status: number, detail: string): void;
}

type Written = (error?: Error | null) => void;

/**
 * A connection as Node's HTTP server sees it: it reads the requests that it is given, one at a time, and writes to the
 * socket itself, without a second buffer. A write is complete when the system has taken it, so an answer counts as sent
 * only when its reader reads.
 */
export class HttpStream extends Duplex {
  /** Whether part of the answer to the current request was written. */
  written = false;
  readonly owner: StreamOwner;

  constructor(owner: StreamOwner) {
    super({ decodeStrings: false });
    this.owner = owner;
    owner.socket.on("drain", () => this.emit("drain"));
  }

  get remoteAddress(): string | undefined {
    return this.owner.socket.remoteAddress;
  }

  override write(
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | Written,
    callback?: Written,
  ): boolean {
    this.written = true;
    return typeof encoding === "string"
      ? this.owner.socket.write(chunk, encoding, callback)
      : this.owner.socket.write(chunk, encoding ?? callback);
  }

  override cork(): void {
    this.owner.socket.cork();
  }

  override uncork(): void {
    this.owner.socket.uncork();
  }

  /** Node's HTTP server calls this, or `destroySoon`, to close after the answer. */
  override end(): this {
    this.owner.ends();
    return this;
  }

  destroySoon(): void {
    this.owner.ends();
  }

  override _read(): void {
    this.owner.wantsMore();
  }

  override _destroy(_error: Error | null, callback: Written): void {
    if (!this.owner.socket.writableEnded) this.owner.socket.destroy();
    callback(null);
  }
}
