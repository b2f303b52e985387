import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Client, Clients } from "../http/client-address.ts";
import { SCAN_JSON_HEADERS } from "../http/pages/consumer/scan-routes.ts";
import { isProgram, PURPOSE_HEADERS } from "../http/programs.ts";
import { SECURITY_HEADERS } from "../http/security-headers.ts";
import { type PlainRequest, readPlainRequest } from "./plain-request.ts";
import { answerJson } from "../scan/answer-json.ts";
import type { Question, ScanAnswer } from "../scan/answer.ts";
import type { Service } from "../services/service.ts";

/** The path of a label or of the API without a query or percent-encoding. */
const PLAIN_PATH = /^\/(?:(v1\/scan)|[Tt]|01\/([0-9]{14})\/21)\/([0-9A-Za-z-]+)$/;
const PLAIN_HOST = /^[0-9A-Za-z.-]+(?::[0-9]{1,5})?$/;
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
const STANDING_LINES = Object.entries({ ...SECURITY_HEADERS, ...SCAN_JSON_HEADERS })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("");

/** The connections that have carried scans only. */
export interface ScanSocket {
  /** Ends them after the answers already given. */
  close(): void;
  /** Destroys those that are still open. */
  cut(): void;
}

/**
 * Answers plain scans on the sockets of an HTTP server. Parsing and answering HTTP in full costs twice as much as the scan
 * itself (docs/performance.md). The first request that is not certainly a plain GET for a scan's JSON hands the connection
 * to the HTTP server for good, with that request unread. The server answers scans the same way
 * (tests/node/scan-socket.test.ts compares the two).
 */
export function attachScanSocket(server: Server, service: Service, clients: Clients): ScanSocket {
  const [toHttp] = server.listeners("connection") as ((this: Server, socket: Socket) => void)[];
  if (toHttp === undefined) throw new TypeError("the HTTP server must listen to its own connections");
  const held = new Set<Socket>();
  const respond = responder(service, clients, server.keepAliveTimeout);
  const answers = new Answers();
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const answer = (piece: Buffer): void => {
      const text = respond(piece, socket.remoteAddress);
      if (text === undefined) handOver(piece);
      else answers.add(socket, text);
    };
    // allowHalfOpen: the reader of a socket closes it when the other side did.
    const end = (): void => {
      answers.send();
      socket.end();
    };
    const destroy = (): void => void socket.destroy();
    const forget = (): void => void held.delete(socket);
    const handOver = (piece: Buffer): void => {
      answers.send();
      forget();
      socket.off("data", answer).off("end", end).off("timeout", destroy).off("error", destroy);
      socket.off("close", forget).setTimeout(0);
      // Paused, so that the HTTP parser reads the piece before later data.
      socket.pause();
      socket.unshift(piece);
      toHttp.call(server, socket);
      socket.resume();
    };
    held.add(socket);
    socket.on("data", answer).on("end", end).on("timeout", destroy).on("error", destroy);
    socket.on("close", forget).setTimeout(server.keepAliveTimeout);
  });
  return {
    close() {
      answers.send();
      for (const socket of held) socket.end();
    },
    cut() {
      for (const socket of held) socket.destroy();
    },
  };
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
    for (const [socket, text] of this.ready.splice(0)) if (!socket.write(text, "latin1")) holdBack(socket);
  }
}

/** A client that does not read its answers is not read either. */
function holdBack(socket: Socket): void {
  socket.pause();
  socket.once("drain", () => socket.resume());
}

/** Makes the whole response to a request as a byte text (scan/byte-text.ts); undefined for the HTTP server to answer. */
function responder(
  service: Service,
  clients: Clients,
  keepAliveMs: number,
): (piece: Buffer, peer: string | undefined) => string | undefined {
  const { scan, platform } = service;
  const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`;
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

/** Whether the headers ask for nothing but the answer. */
function arePlain(headers: PlainRequest["headers"]): boolean {
  if (!PLAIN_HOST.test(headers.get("host") ?? "")) return false;
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
