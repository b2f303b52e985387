import { connect, type Socket } from "node:net";

/** An answer as it came. */
export interface Answered {
  status: number;
  body: string;
}

interface Waiting {
  resolve: (answered: Answered) => void;
  reject: (error: Error) => void;
}

const HEAD_END = "\r\n\r\n";

/**
 * A keep-alive connection of HTTP/1.1, one request at a time: lighter than any client in Node, so that on a core of its
 * own it measures the server rather than itself. It reads bodies by Content-Length or in chunks.
 */
export class Connection {
  private readonly socket: Socket;
  private waiting: Waiting | undefined;
  private received = "";

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    // Bytes, so that lengths are those of the headers; bodies are decoded when they are whole.
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.take(text));
    socket.on("close", () => this.fail(new Error("the server closed the connection")));
    socket.on("error", (error) => this.fail(error));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  get idle(): boolean {
    return this.waiting === undefined;
  }

  /** Sends a request, already written out. @throws Error where one is on its way, or the connection fails */
  send(request: string): Promise<Answered> {
    if (this.waiting !== undefined) return Promise.reject(new Error("one request at a time"));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    const head = this.received.indexOf(HEAD_END);
    if (head < 0) return;
    const headers = this.received.slice(0, head + 2);
    const body = readBody(headers, this.received.slice(head + HEAD_END.length));
    if (body === undefined) return;
    this.received = "";
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({
      status: Number(headers.slice(9, 12)),
      body: Buffer.from(body, "latin1").toString("utf8"),
    });
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}

/** A request without a body, written out. */
export function getRequest(path: string, accept = "application/json"): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: ${accept}\r\n\r\n`;
}

/** The whole body, undefined while more is to come. */
function readBody(headers: string, rest: string): string | undefined {
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(headers)?.[1];
  if (length !== undefined) return rest.length >= Number(length) ? rest.slice(0, Number(length)) : undefined;
  if (!/\r\ntransfer-encoding: *chunked\r\n/i.test(headers)) return "";
  let body = "";
  for (let at = 0; ;) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.slice(at, line), 16);
    if (rest.length < line + 2 + size + 2) return undefined;
    if (size === 0) return body;
    body += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
