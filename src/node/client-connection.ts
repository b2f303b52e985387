import type { Socket } from "node:net";
import { HttpStream, type StreamOwner } from "./http-stream.ts";
import { refusal } from "./refusal.ts";
import { type BodyReader, ChunkedBody, SizedBody } from "./request-body.ts";
import type { Reading, RequestDeadlines, RequestPart } from "./request-deadlines.ts";
import { type Frame, FramingError, frameOf, isKnownMethod } from "./request-frame.ts";

/** What a connection needs of the door that it came through. */
export interface Door {
  /** Answers a plain scan from the address `peer`; undefined for every other request. */
  respond(request: Buffer, peer: string | undefined): string | undefined;
  /** Whether `report` may take a request once its body is there: it is worth waiting for. */
  mayReport(received: Buffer, frame: Frame): boolean;
  /**
   * Answers a small report that is plainly right.
   * @returns undefined, at once or later, for a request that Node's server has to answer
   */
  report(head: Buffer, body: Buffer, peer: string | undefined): Promise<string | undefined> | undefined;
  /** Sends a text soon, in order with the other answers to the socket. */
  answer(socket: Socket, text: string): void;
  /** Sends the answers that wait. Call before any other write to a socket. */
  flush(): void;
  /** Hands a stream of requests to Node's HTTP server. */
  serve(stream: HttpStream): void;
  readonly deadlines: RequestDeadlines;
  /** True once the service stops: a connection ends after its answer. */
  readonly closing: boolean;
}

/** After a refusal, what the client still sends is read this long, since unread bytes would reset the connection. */
const LINGER_MS = 1000;
const CR = 13;
const LF = 10;
/** Node's parser knows this method, and no address takes it. It stands in for methods that the parser does not know. */
const STAND_IN_METHOD = "PROPFIND";

/**
 * One client's connection. It finds where each request ends, answers plain scans at once, and gives every other request
 * to Node's HTTP server, one at a time: the next is read only when the last is answered and the answer taken. So answers
 * keep their order, a client that never reads costs the bytes of one read, and a scan is fast whatever came before it.
 */
export class ClientConnection implements StreamOwner, Reading {
  readonly socket: Socket;
  private readonly door: Door;
  /** Bytes received and not yet used. */
  private pending: Buffer | undefined;
  /** Absent until the first request that is no plain scan. */
  private stream: HttpStream | undefined;
  /** The rest of the body of the request that Node's server has. */
  private body: BodyReader | undefined;
  /** Node's server has a request that is not answered. */
  private unanswered = false;
  /** Node's server takes more of the body. */
  private taking = true;
  /** The next pipelined request waits for the next turn of the event loop. */
  private scheduled = false;
  private paused = false;
  private awaiting = false;
  /** The client ended its side. */
  private ended = false;
  /** The head of a request is there, and a part of its body is not. */
  private lacksBody = false;
  /** Nothing more is read as a request. */
  private finished = false;
  private lingering: NodeJS.Timeout | undefined;

  constructor(socket: Socket, door: Door, idleMs: number) {
    this.socket = socket;
    this.door = door;
    socket.on("data", (piece: Buffer) => this.received(piece));
    // allowHalfOpen: a client may end its side and still read (RFC 9112, 9.6).
    socket.on("end", () => this.clientEnded());
    socket.on("drain", () => this.advance());
    socket.on("timeout", () => this.timedOut());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.closed());
    socket.setTimeout(idleMs);
    this.await("head");
  }

  /** Call when Node's server has sent an answer, or has lost its connection. */
  answered(): void {
    this.unanswered = false;
    this.advance();
  }

  /** Ends the connection: after the answer, where a request waits for one. */
  stop(): void {
    if (this.idle) this.end();
  }

  /** Answers what is no valid request, and closes. */
  refuse(status: number, detail: string): void {
    if (this.finished) return;
    this.door.flush();
    // An answer that is half sent cannot be followed by another.
    if (!this.unanswered || this.stream?.written !== true)
      this.socket.write(refusal(status, detail), "latin1");
    this.end();
    this.stream?.destroy();
  }

  /** Called by the deadline of the request being read. */
  late(part: RequestPart, seconds: number): void {
    // Browsers open connections ahead of need: one without a byte is closed without a word.
    if (part === "head" && this.pending === undefined) return this.end();
    const what = part === "head" ? "the request line and headers were" : "the request was";
    this.refuse(408, `${what} not complete after ${seconds} seconds`);
  }

  wantsMore(): void {
    this.taking = true;
    if (this.pending !== undefined || this.paused) this.advance();
  }

  ends(): void {
    this.end();
  }

  private received(piece: Buffer): void {
    if (this.finished) return;
    if (this.pending === undefined && !this.blocked) {
      const text = this.door.respond(piece, this.socket.remoteAddress);
      if (text !== undefined) {
        if (this.awaiting) this.requestRead();
        this.door.answer(this.socket, text);
        return;
      }
    }
    this.pending = this.pending === undefined ? piece : Buffer.concat([this.pending, piece]);
    this.advance();
  }

  private get idle(): boolean {
    return !this.unanswered && this.body === undefined && !this.scheduled;
  }

  /** Uses the pending bytes as far as may be, and reads or stops reading the socket. */
  private advance(): void {
    try {
      while (!this.finished && this.step());
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.refuse(error.status, error.message);
    }
    if (this.finished) return;
    if ((this.ended || this.door.closing) && !this.blocked) this.endOfInput();
    // Up to one read more than needed is kept: stopping and starting to read for each request would cost more.
    else
      this.setPaused(this.pending !== undefined && (this.body === undefined ? this.blocked : !this.taking));
  }

  /** True while a further request must wait. */
  private get blocked(): boolean {
    return !this.idle || this.socket.writableNeedDrain;
  }

  /** Uses the next part of the pending bytes. False where it has to wait. */
  private step(): boolean {
    if (this.body !== undefined) return this.feed(this.body);
    if (this.blocked || this.pending === undefined) return false;
    const bytes = withoutEmptyLines(this.pending);
    this.pending = bytes.length > 0 ? bytes : undefined;
    if (this.pending === undefined) return false;
    const frame = frameOf(bytes);
    if (frame === undefined) {
      this.await("head");
      return false;
    }
    const reports = this.door.mayReport(bytes, frame);
    this.lacksBody = reports && bytes.length < frame.headBytes + Number(frame.body);
    if (this.lacksBody) {
      this.await("body");
      return false;
    }
    if (!(reports && this.report(bytes, frame))) this.start(bytes, frame);
    return true;
  }

  /** Gives a report to the door. False where Node's server has to answer it. */
  private report(bytes: Buffer, frame: Frame): boolean {
    const head = bytes.subarray(0, frame.headBytes);
    const end = frame.headBytes + Number(frame.body);
    const body = bytes.subarray(frame.headBytes, end);
    const answer = this.door.report(head, body, this.socket.remoteAddress);
    if (answer === undefined) return false;
    this.pending = end < bytes.length ? bytes.subarray(end) : undefined;
    this.requestRead();
    this.unanswered = true;
    void this.reported(answer, head, body, frame);
    return true;
  }

  private async reported(
    answer: Promise<string | undefined>,
    head: Buffer,
    body: Buffer,
    frame: Frame,
  ): Promise<void> {
    const text = await answer;
    if (this.finished) return;
    if (text !== undefined) {
      this.door.answer(this.socket, text);
      return this.answered();
    }
    // Node's server gets it as if nobody had looked at it.
    this.unanswered = false;
    this.pending = this.pending === undefined ? body : Buffer.concat([body, this.pending]);
    this.handOver(head, frame);
    this.advance();
  }

  private start(bytes: Buffer, frame: Frame): void {
    const head = bytes.subarray(0, frame.headBytes);
    this.pending = bytes.length > frame.headBytes ? bytes.subarray(frame.headBytes) : undefined;
    const text = frame.body === 0 ? this.door.respond(head, this.socket.remoteAddress) : undefined;
    if (text === undefined) return this.handOver(head, frame);
    this.requestRead();
    this.door.answer(this.socket, text);
    if (this.pending !== undefined) this.schedule();
  }

  /** One pipelined scan in a turn of the event loop: a client that sends thousands at once waits among the others. */
  private schedule(): void {
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.advance();
    });
  }

  private handOver(head: Buffer, { method, body }: Frame): void {
    this.door.flush();
    if (this.stream === undefined) {
      this.stream = new HttpStream(this);
      this.door.serve(this.stream);
    }
    this.unanswered = true;
    this.taking = true;
    this.stream.written = false;
    if (body !== 0) this.body = body === "chunked" ? new ChunkedBody() : new SizedBody(body);
    if (this.body === undefined) this.requestRead();
    else this.await("body");
    this.stream.push(isKnownMethod(method) ? head : withStandIn(head, method));
  }

  /** Gives the pending bytes of the body to Node's server. */
  private feed(body: BodyReader): boolean {
    const bytes = this.pending;
    if (bytes === undefined || !this.taking) return false;
    const length = body.take(bytes);
    this.pending = length < bytes.length ? bytes.subarray(length) : undefined;
    if (body.done) {
      this.body = undefined;
      this.requestRead();
    }
    this.taking = this.stream?.push(bytes.subarray(0, length)) ?? false;
    return true;
  }

  private await(part: RequestPart): void {
    // The body's deadline counts from the head's first byte, so it replaces the head's.
    if (this.awaiting && part === "head") return;
    this.awaiting = true;
    this.door.deadlines.start(this, part);
  }

  private requestRead(): void {
    if (!this.awaiting) return;
    this.awaiting = false;
    this.door.deadlines.stop(this);
  }

  private clientEnded(): void {
    this.ended = true;
    if (this.body === undefined) this.advance();
    else this.refuse(400, "the request ended before its body was complete");
  }

  /** All that the client sent is answered, or is no whole request. */
  private endOfInput(): void {
    if (this.pending === undefined || !this.ended) this.end();
    else this.refuse(400, `the request ended before its ${this.lacksBody ? "body" : "head"} was complete`);
  }

  private setPaused(paused: boolean): void {
    if (paused === this.paused) return;
    this.paused = paused;
    if (paused) this.socket.pause();
    else this.socket.resume();
  }

  /** No byte came or went for the idle time. A request that the service is still working on may wait longer. */
  private timedOut(): void {
    if (!this.unanswered || this.socket.writableLength > 0) this.socket.destroy();
  }

  /** Closes after what was written, and reads no further request. */
  private end(): void {
    if (this.finished) return;
    this.finished = true;
    this.pending = undefined;
    this.requestRead();
    this.door.flush();
    this.setPaused(false);
    this.socket.end();
    this.lingering = setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }

  private closed(): void {
    clearTimeout(this.lingering);
    this.finished = true;
    this.pending = undefined;
    this.requestRead();
    this.stream?.destroy();
  }
}

/** Empty lines before a request line are ignored (RFC 9112, 2.2). */
function withoutEmptyLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at === 0 ? bytes : bytes.subarray(at);
}

function withStandIn(head: Buffer, method: string): Buffer {
  return Buffer.concat([Buffer.from(STAND_IN_METHOD), head.subarray(method.length)]);
}
