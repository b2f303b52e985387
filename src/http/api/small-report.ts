import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { readJson } from "../../core/json.ts";
import type { Caller } from "../../services/caller.ts";
import type { EventInput } from "../../services/custody/event.ts";
import { recordEvents } from "../../services/custody/record-events.ts";
import { requireLiveKey, requireStanding } from "../../services/filing/standing.ts";
import type { WriteRequest, Written } from "../../services/ledger/transaction.ts";
import type { Service } from "../../services/service.ts";
import { keyOf } from "../middleware/authentication.ts";
import { isFault, problemAnswer } from "../problem.ts";
import { SECURITY_HEADERS } from "../security-headers.ts";
import { EventsBody } from "./event-schema.ts";
import { REPORTERS, REPORTS_PATH } from "./events.ts";
import { recordHeaders } from "./route.ts";

/** Enough for a few events, of few values. */
const LIMITS = { maxDepth: 16, maxMembers: 64, maxValues: 512 };

/** A call of `POST /v1/events` as programs send it, whole. */
export interface SmallReport {
  authorization: string;
  /** `Idempotency-Key`; undefined without that header. */
  idempotencyKey: string | undefined;
  body: Uint8Array;
}

/** An answer, ready for the wire. */
export interface SmallAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** What a report says once it was read. */
interface Read {
  caller: Caller;
  events: EventInput[];
  once: WriteRequest;
  written: { headers: Record<string, string> };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Takes a small report where it is plainly right, with the same key, schema, rules and answer as the route, and without the
 * router, middleware and web objects around it, which cost more than recording one event.
 * @param requestId for the answer, and for the operator where it fails
 * @param fault reports an unexpected error
 * @returns undefined where the route has to judge it; nothing was done then
 */
export function takeSmallReport(
  service: Service,
  report: SmallReport,
  requestId: string,
  fault: (error: unknown, requestId: string) => void,
): Promise<SmallAnswer> | undefined {
  const read = readReport(service, report);
  return read && answered(service, read, requestId, fault);
}

function readReport(service: Service, report: SmallReport): Read | undefined {
  const { authorization, idempotencyKey, body } = report;
  try {
    const { id, role, organisation, repeatableUntil } = keyOf(service, authorization);
    // The first use of a secret is noted by the route.
    if (repeatableUntil !== null && service.platform.now() < repeatableUntil) return undefined;
    if (!(REPORTERS as readonly string[]).includes(role)) return undefined;
    const caller: Caller = { role, organisation, key: id };
    const requireAllowed = (store: Service["store"]): void => {
      requireLiveKey(store, caller);
      requireStanding(store, caller, "write");
    };
    requireAllowed(service.store);
    const parsed = EventsBody.safeParse(readJson(utf8.decode(body), LIMITS));
    if (!parsed.success || parsed.data.events.some((event) => "statement" in event)) return undefined;
    const written = { headers: {} };
    const acknowledged = ({ first, count }: Written): void => {
      written.headers = recordHeaders(first, count);
    };
    const once: WriteRequest = { requireAllowed, acknowledged };
    if (idempotencyKey !== undefined) {
      const digest = service.platform.sha256(concatBytes(utf8ToBytes(`POST ${REPORTS_PATH}\n`), body));
      once.idempotent = { owner: id, key: idempotencyKey, requestDigest: bytesToHex(digest) };
    }
    return { caller, events: parsed.data.events as EventInput[], once, written };
  } catch {
    return undefined;
  }
}

async function answered(
  service: Service,
  { caller, events, once, written }: Read,
  requestId: string,
  fault: (error: unknown, requestId: string) => void,
): Promise<SmallAnswer> {
  const common = { ...SECURITY_HEADERS, "cache-control": "no-store", "x-request-id": requestId };
  try {
    const { value } = await recordEvents(service, caller, events, once);
    const text = JSON.stringify({ events: value });
    return {
      status: 201,
      headers: { ...common, ...written.headers, "content-type": "application/json" },
      text,
    };
  } catch (error) {
    if (isFault(error)) fault(error, requestId);
    // The refusal may show rows that are not on disk yet.
    await service.writer.onDisk().catch(() => undefined);
    const { status, headers, text } = problemAnswer(error, requestId);
    return { status, headers: { ...common, ...headers }, text };
  }
}
