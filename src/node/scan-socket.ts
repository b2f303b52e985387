import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Client, Clients } from "../http/client-address.ts";
import { isProgram, PURPOSE_HEADERS } from "../http/programs.ts";
import type { Duplex } from "node:stream";
import { SCAN_JSON_HEADERS } from "../http/pages/consumer/scan-routes.ts";
import { PUBLIC_READING, SECURITY_HEADERS } from "../http/security-headers.ts";
import { ClientConnection, type Door } from "./client-connection.ts";
import { isHost } from "./host-header.ts";
import { HttpStream, type StreamOwner } from "./http-stream.ts";
import { type PlainRequest, readPlainRequest } from "./plain-request.ts";
import type { ConnectionLines, ReportDoor } from "./report-door.ts";
import { RequestDeadlines } from "./request-deadlines.ts";
import { answerJson } from "../scan/answer-json.ts";
import type { Question, ScanAnswer } from "../scan/answer.ts";
import type { Service } from "../services/service.ts";

/** The path of a label or of the API without a query or percent-encoding. */
const PLAIN_PATH = /^\/(?:(v1\/scan)|[Tt]|01\/([0-9]{14})\/21)\/([0-9A-Za-z-]+)$/;
/** A request with any of these headers goes to the HTTP server. */
const NOT_PLAIN = [
  "authorization",
  "x-request-id",
  "cookie",
  ...PURPOSE_HEADERS,
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
];
const STANDING_LINES = Object.entries({ ...SECURITY_HEADERS, ...SCAN_JSON_HEADERS, ...PUBLIC_READING })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("");

/** The connections of an HTTP server. */
export interface ScanSocket {
  /** Plain scans answered without Node's HTTP server. */
  readonly answered: number;
  /** Open connections. */
  readonly open: number;
  /** Ends each connection after the answer that it waits for. */
  close(): void;
  /** Destroys those that are still open. */
  cut(): void;
}

/**
 * Puts a `ClientConnection` between each socket of an HTTP server and its parser. Parsing and answering HTTP in full costs
 * twice as much as the scan itself (docs/performance.md), so plain scans are answered before. The server answers them the
 * same way (tests/node/scan-socket.test.ts compares the two).
 */
export function attachScanSocket(
  server: Server,
  service: Service,
  clients: Clients,
  reports: Pick<ReportDoor, "mayTake" | "take">,
): ScanSocket {
  const [toHttp] = server.listeners("connection") as ((this: Server, stream: Duplex) => void)[];
  if (toHttp === undefined) throw new TypeError("the HTTP server must listen to its own connections");
  const open = new Set<ClientConnection>();
  const respond = responder(service, clients, server.keepAliveTimeout);
  const answers = new Answers();
  const dateAt = dates();
  const kept = keepAliveLines(server.keepAliveTimeout);
  const lines = (): ConnectionLines => ({
    date: dateAt(service.platform.now()),
    connection: door.closing ? "Connection: close\r\n" : kept,
  });
  const deadlines = new RequestDeadlines();
  let answered = 0;
  const door: Door & { closing: boolean } = {
    closing: false,
    respond(request, peer) {
      const text = respond(request, peer);
      if (text !== undefined) answered += 1;
      return text;
    },
    mayReport: (received, frame) => reports.mayTake(received, frame),
    report: (head, body, peer) => reports.take(head, body, peer, lines),
    answer: (socket, text) => answers.add(socket, text),
    flush: () => answers.send(),
    serve: (stream) => toHttp.call(server, stream),
    deadlines,
  };
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const connection = new ClientConnection(socket, door, server.keepAliveTimeout);
    open.add(connection);
    socket.on("close", () => open.delete(connection));
  });
  watchAnswers(server);
  return {
    get answered() {
      return answered;
    },
    get open() {
      return open.size;
    },
    close() {
      door.closing = true;
      answers.send();
      for (const connection of open) connection.stop();
    },
    cut() {
      for (const { socket } of open) socket.destroy();
    },
  };
}

/** Reports to each connection what Node's server made of its requests. */
function watchAnswers(server: Server): void {
  // The door has deadlines of its own, which count from the first byte.
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.on("request", ({ socket }, response) => {
    response.once("close", () => ownerOf(socket)?.answered());
  });
  // An expectation other than 100-continue may be ignored (RFC 9110, 10.1.1).
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  server.on("clientError", (_error, stream) =>
    ownerOf(stream)?.refuse(400, "this is no valid HTTP request: its line, headers or chunks cannot be read"),
  );
}

function ownerOf(stream: Duplex): StreamOwner | undefined {
  return stream instanceof HttpStream ? stream.owner : undefined;
}

/**
 * Writes the answers of one event-loop turn together. Written one by one, each would wake its reader, which costs more than
 * the write. An answer waits one turn at most.
 */
class Answers {
  private ready: [Socket, string][] = [];

  add(socket: Socket, text: string): void {
    if (this.ready.push([socket, text]) === 1) setImmediate(() => this.send());
  }

  /** Call before any other use of a socket, so that answers keep their order. */
  send(): void {
    for (const [socket, text] of this.ready.splice(0)) socket.write(text, "latin1");
  }
}

/** Makes the whole response to a request as a byte text (scan/byte-text.ts); undefined for the HTTP server to answer. */
function responder(
  service: Service,
  clients: Clients,
  keepAliveMs: number,
): (piece: Buffer, peer: string | undefined) => string | undefined {
  const { scan, platform } = service;
  const keepAlive = keepAliveLines(keepAliveMs);
  const dateAt = dates();
  let lastHeaders: PlainRequest["headers"] | undefined;
  let lastPeer: string | undefined;
  let program = false;
  let client: Client | undefined;
  const answerTo = (
    { target, headers }: PlainRequest,
    peer: string | undefined,
    nowMs: number,
  ): ScanAnswer | undefined => {
    const path = PLAIN_PATH.exec(target);
    if (path === null) return undefined;
    const [, api, gtin, code] = path;
    if (headers !== lastHeaders || peer !== lastPeer) {
      [lastHeaders, lastPeer] = [headers, peer];
      program = isProgram(headers.get("user-agent"));
      client = arePlain(headers) ? clients.read(peer, (name) => headers.get(name)) : undefined;
    }
    if (client === undefined) return undefined;
    if (api === undefined && headers.get("accept") !== "application/json") return undefined;
    const { region, network } = client;
    const question: Question = { region, network, nowMs, counts: !program, program };
    if (gtin !== undefined) question.gtin = gtin;
    try {
      return scan.answer(code as string, question);
    } catch {
      // Storage failed and nothing was counted: the router asks again and answers with the problem.
      return undefined;
    }
  };
  return (piece, peer) => {
    const request = readPlainRequest(piece);
    const nowMs = platform.now();
    const answer = request && answerTo(request, peer, nowMs);
    if (answer === undefined) return undefined;
    const body = answerJson(answer);
    return (
      `HTTP/1.1 200 OK\r\n${STANDING_LINES}x-request-id: ${randomUUID()}\r\nContent-Length: ${body.length}\r\n` +
      `Date: ${dateAt(nowMs)}\r\n${keepAlive}\r\n${body}`
    );
  };
}

function keepAliveLines(keepAliveMs: number): string {
  return `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`;
}

/** Whether the headers ask for nothing but the answer. */
function arePlain(headers: PlainRequest["headers"]): boolean {
  if (!isHost(headers.get("host") ?? "")) return false;
  if ((headers.get("connection") ?? "keep-alive").toLowerCase() !== "keep-alive") return false;
  return !NOT_PLAIN.some((name) => headers.has(name));
}

/** The text of the Date header (RFC 9110, 5.6.7), formatted once a second. */
function dates(): (nowMs: number) => string {
  let second = -1;
  let text = "";
  return (nowMs) => {
    const now = Math.floor(nowMs / 1000);
    if (now !== second) {
      second = now;
      text = new Date(nowMs).toUTCString();
    }
    return text;
  };
}
