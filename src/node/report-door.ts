import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { REPORTS_PATH } from "../http/api/events.ts";
import { type SmallAnswer, takeSmallReport } from "../http/api/small-report.ts";
import type { Clients } from "../http/client-address.ts";
import type { RequestCounts } from "../http/request-counts.ts";
import type { Service } from "../services/service.ts";
import { readPlainPost } from "./plain-request.ts";
import type { Frame } from "./request-frame.ts";

/** A few events. Larger calls cost so much more that the way to them does not matter. */
const MOST_BYTES = 4096;
const LONGEST_KEY = 255;
const EXPECTS = /\r\nexpect[ \t]*:/i;
const FIRST_LINE = `POST ${REPORTS_PATH} HTTP/1.1\r\n`;
/** Headers that change how a request is read or answered: the HTTP server and the route know them. */
const UNUSUAL = [
  "transfer-encoding",
  "content-encoding",
  "expect",
  "x-request-id",
  "upgrade",
  "te",
  "trailer",
];

interface Needs {
  service: Service;
  clients: Clients;
  counts: RequestCounts;
  fault: (error: unknown, requestId: string) => void;
  /** Starts work when its turn comes (paced-requests.ts). */
  enqueue: (work: () => void) => void;
}

/** The lines of a response's head that its connection decides. */
export interface ConnectionLines {
  /** The value of `Date`. */
  date: string;
  /** `Connection`, and what belongs to it, each with its line's end. */
  connection: string;
}

/**
 * Answers small calls of `POST /v1/events` without Node's HTTP server, whose objects cost as much as recording an event.
 * Every other request is the server's. Both answer alike (tests/node/report-door.test.ts compares them).
 */
export class ReportDoor {
  private readonly needs: Needs;

  constructor(needs: Needs) {
    this.needs = needs;
  }

  /** Whether a request may be answered here once its body is there, by its first line and length. */
  mayTake(received: Buffer, { method, body, headBytes }: Frame): boolean {
    if (method !== "POST" || typeof body !== "number" || body === 0 || body > MOST_BYTES) return false;
    const head = received.toString("latin1", 0, headBytes);
    // A client that expects 100 Continue sends no body before it has that.
    return head.startsWith(FIRST_LINE) && !EXPECTS.test(head);
  }

  /**
   * The whole response as a byte text (scan/byte-text.ts).
   * @returns undefined, at once or later, for a request that the HTTP server has to answer: nothing was done then
   */
  take(
    head: Buffer,
    body: Buffer,
    peer: string | undefined,
    linesNow: () => ConnectionLines,
  ): Promise<string | undefined> | undefined {
    const headers = readPlainPost(head);
    const authorization = headers?.get("authorization");
    if (headers === undefined || authorization === undefined || !isUsual(headers)) return undefined;
    const { service, clients, counts, fault, enqueue } = this.needs;
    const report = { authorization, idempotencyKey: headers.get("idempotency-key"), body };
    // Reports a proxy that is not trusted, as for every other request.
    clients.read(peer, (name) => headers.get(name.toLowerCase()));
    return new Promise((resolve) => {
      enqueue(() => {
        const answer = takeSmallReport(service, report, randomUUID(), fault);
        if (answer === undefined) return resolve(undefined);
        void answer.then((made) => {
          counts.addAnswer(REPORTS_PATH, made.status);
          return resolve(responseText(made, linesNow()));
        });
      });
    });
  }
}

function isUsual(headers: ReadonlyMap<string, string>): boolean {
  if (headers.get("content-type") !== "application/json") return false;
  if ((headers.get("connection") ?? "keep-alive").toLowerCase() !== "keep-alive") return false;
  const key = headers.get("idempotency-key");
  if (key !== undefined && (key.length === 0 || key.length > LONGEST_KEY)) return false;
  return !UNUSUAL.some((name) => headers.has(name));
}

function responseText({ status, headers, text }: SmallAnswer, { date, connection }: ConnectionLines): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const body = Buffer.from(text).toString("latin1");
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}content-length: ${body.length}\r\n` +
    `Date: ${date}\r\n${connection}\r\n${body}`
  );
}
