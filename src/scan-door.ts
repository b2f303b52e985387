import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { SCAN_JSON_HEADERS } from "./http/pages/scan-routes.ts";
import { SECURITY_HEADERS } from "./http/security-headers.ts";
import { answerJson } from "./scan/answer-json.ts";
import { regionFrom, UNKNOWN_REGION } from "./scan/region.ts";
import type { ScanAnswer } from "./services/scanning.ts";
import type { Service } from "./services/service.ts";

/** A label's path or the API's, plain: without a query, and nothing in it that must be decoded. */
const PLAIN_PATH = /^\/(?:(v1\/scan)|[Tt]|01\/([0-9]{14})\/21)\/([0-9A-Za-z-]+)$/;
const PLAIN_HOST = /^[0-9A-Za-z.-]+(?::[0-9]{1,5})?$/;
/** With any of these, the router decides. */
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
];
const STANDING_HEADERS = Object.entries({ ...SECURITY_HEADERS, ...SCAN_JSON_HEADERS }).flat();

/**
 * The door of most scans: a plain GET for JSON is answered before the router is asked, which costs more than the scan
 * itself. Whatever is not certainly such a request goes to `next`, and would be answered alike: tests/scan/scan-door.test.ts
 * holds the two together.
 */
export function scanDoor(service: Service, next: RequestListener): RequestListener {
  const { settings, scan, platform } = service;
  const answer = (incoming: IncomingMessage): ScanAnswer | undefined => {
    const { method, url = "", headers } = incoming;
    if (method !== "GET") return undefined;
    const path = PLAIN_PATH.exec(url);
    if (path === null) return undefined;
    const [, api, gtin, code] = path;
    if (!PLAIN_HOST.test(headers.host ?? "")) return undefined;
    if (api === undefined && headers.accept !== "application/json") return undefined;
    for (const name of UNUSUAL) if (headers[name] !== undefined) return undefined;
    const region = settings.trustProxy
      ? regionFrom((name) => headers[name] as string | undefined)
      : UNKNOWN_REGION;
    const question = { region, nowMs: platform.now(), counts: true };
    try {
      return scan.answer(code as string, gtin === undefined ? question : { ...question, gtin });
    } catch {
      // Where storage fails nothing was counted: the router asks again, and says so as it does elsewhere.
      return undefined;
    }
  };
  return (incoming, outgoing) => {
    const found = answer(incoming);
    if (found === undefined) next(incoming, outgoing);
    else send(outgoing, answerJson(found));
  };
}

function send(outgoing: ServerResponse, body: string): void {
  outgoing.writeHead(200, [
    ...STANDING_HEADERS,
    "x-request-id",
    randomUUID(),
    "Content-Length",
    String(Buffer.byteLength(body)),
  ]);
  outgoing.end(body);
}
