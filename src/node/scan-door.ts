import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { SCAN_JSON_HEADERS } from "../http/pages/consumer/scan-routes.ts";
import { SECURITY_HEADERS } from "../http/security-headers.ts";
import { type PlainRequest, readPlainRequest } from "./plain-request.ts";
import { answerJson } from "../scan/answer-json.ts";
import { regionFrom, UNKNOWN_REGION } from "../scan/region.ts";
import type { Question, ScanAnswer } from "../scan/answer.ts";
import type { Service } from "../services/service.ts";

/** A label's path or the API's, plain: without a query, and nothing in it that must be decoded. */
const PLAIN_PATH = /^\/(?:(v1\/scan)|[Tt]|01\/([0-9]{14})\/21)\/([0-9A-Za-z-]+)$/;
const PLAIN_HOST = /^[0-9A-Za-z.-]+(?::[0-9]{1,5})?$/;
/** With any of these, HTTP's server decides. */
const UNUSUAL = [
  "authorization",
  "x-request-id",
  "sec-purpose",
  "purpose",
  "x-purpose",
  "x-moz",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
];
const STANDING_LINES = Object.entries({ ...SECURITY_HEADERS, ...SCAN_JSON_HEADERS })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("");

/** The connections that only scans came on so far. */
export interface ScanDoor {
  /** Ends them, after what was already answered: each is idle, for an answer takes no time to wait in. */
  close(): void;
  /** Cuts those that are still open. */
  cut(): void;
}

/**
 * Stands before an HTTP server's connections. A plain GET for a scan's JSON is answered on the socket: parsing and
 * answering HTTP in full costs twice as much as the scan itself (docs/performance.md). At the first request that is not
 * certainly such a one the whole connection goes to the HTTP server, with that request unread, for good; it would answer
 * scans alike: tests/scan/scan-door.test.ts holds the two together.
 */
export function openScanDoor(server: Server, service: Service): ScanDoor {
  const [toHttp] = server.listeners("connection") as ((this: Server, socket: Socket) => void)[];
  if (toHttp === undefined) throw new TypeError("the HTTP server must listen to its own connections");
  const held = new Set<Socket>();
  const respond = responder(service, server.keepAliveTimeout);
  const answers = new Answers();
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const answer = (piece: Buffer): void => {
      const text = respond(piece);
      if (text === undefined) handOver(piece);
      else answers.add(socket, text);
    };
    // The server lets the other side close alone, and leaves it to whoever reads to close too.
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
      // Paused, so that the piece is read first, by whom it belongs to.
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
 * Answers, written once all requests that came together are answered: one by one, each would wake its reader, and waking
 * costs more than writing. Nobody waits for longer than the event loop takes for one turn.
 */
class Answers {
  private ready: [Socket, string][] = [];

  add(socket: Socket, text: string): void {
    if (this.ready.push([socket, text]) === 1) setImmediate(() => this.send());
  }

  /** Also to be called before anything else is done with a socket: what comes after an answer is written after it. */
  send(): void {
    for (const [socket, text] of this.ready.splice(0)) if (!socket.write(text, "latin1")) holdBack(socket);
  }
}

/** Whoever asks and does not read waits: answers are not piled up for it. */
function holdBack(socket: Socket): void {
  socket.pause();
  socket.once("drain", () => socket.resume());
}

/** Gives the whole answer to a request as a byte text (scan/byte-text.ts), or undefined where it is HTTP's to give. */
function responder(service: Service, keepAliveMs: number): (piece: Buffer) => string | undefined {
  const { settings, scan, platform } = service;
  const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`;
  const dateAt = dates();
  let lastHeaders: PlainRequest["headers"] | undefined;
  let usual = false;
  const answerTo = ({ target, headers }: PlainRequest, nowMs: number): ScanAnswer | undefined => {
    const path = PLAIN_PATH.exec(target);
    if (path === null) return undefined;
    const [, api, gtin, code] = path;
    if (headers !== lastHeaders) {
      lastHeaders = headers;
      usual = areUsual(headers);
    }
    if (!usual) return undefined;
    if (api === undefined && headers.get("accept") !== "application/json") return undefined;
    const region = settings.trustProxy ? regionFrom((name) => headers.get(name)) : UNKNOWN_REGION;
    const question: Question = { region, nowMs, counts: true };
    if (gtin !== undefined) question.gtin = gtin;
    try {
      return scan.answer(code as string, question);
    } catch {
      // Where storage fails nothing was counted: the router asks again, and says so as it does elsewhere.
      return undefined;
    }
  };
  return (piece) => {
    const request = readPlainRequest(piece);
    const nowMs = platform.now();
    const answer = request && answerTo(request, nowMs);
    if (answer === undefined) return undefined;
    const body = answerJson(answer);
    return (
      `HTTP/1.1 200 OK\r\n${STANDING_LINES}x-request-id: ${randomUUID()}\r\nContent-Length: ${body.length}\r\n` +
      `Date: ${dateAt(nowMs)}\r\n${keepAlive}\r\n${body}`
    );
  };
}

/** Whether nothing in them asks for more than the answer. */
function areUsual(headers: PlainRequest["headers"]): boolean {
  if (!PLAIN_HOST.test(headers.get("host") ?? "")) return false;
  if ((headers.get("connection") ?? "keep-alive").toLowerCase() !== "keep-alive") return false;
  return !UNUSUAL.some((name) => headers.has(name));
}

/** The Date header's text (RFC 9110, 5.6.7), put together once a second. */
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
