import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { PROBLEM_MEDIA_TYPE, problemDocument } from "../http/problem.ts";
import { SECURITY_HEADERS } from "../http/security-headers.ts";
import { Problem, type ProblemType } from "../services/problem.ts";

const TYPES: Readonly<Record<number, ProblemType>> = { 431: "too_large", 503: "unavailable" };

/** The answer to bytes that are no valid request: a problem document. */
function documentOf(status: number, detail: string): { headers: Record<string, string>; body: string } {
  const id = randomUUID();
  const fields = [{ field: "request", problem: detail }];
  const problem = new Problem(TYPES[status] ?? "invalid_request", detail, { fields });
  const headers = { ...SECURITY_HEADERS, "content-type": PROBLEM_MEDIA_TYPE, "x-request-id": id };
  return { headers, body: problemDocument(problem, id, status) };
}

/** The whole answer as text, after which the connection is closed. */
export function refusal(status: number, detail: string): string {
  const { headers, body } = documentOf(status, detail);
  const lines = Object.entries({
    ...headers,
    "Content-Length": Buffer.byteLength(body),
    Date: new Date().toUTCString(),
    Connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`;
}

/** The same for a request that Node's server could read, and the app could not. */
export function refusalResponse(status: number, detail: string): Response {
  const { headers, body } = documentOf(status, detail);
  return new Response(body, { status, headers });
}
