import { z } from "@hono/zod-openapi";
import type { EventInput, SignedEvent } from "../../services/custody/event.ts";
import { listEvents } from "../../services/custody/list-events.ts";
import { preparedInput } from "../../services/custody/prepared-input.ts";
import { prepareEvents, recordEvents } from "../../services/custody/record-events.ts";
import { EventSchema, EventsBody, PrepareBody, PreparedSchema, ReceiptSchema } from "./event-schema.ts";
import { pageOf } from "./fields.ts";
import {
  type Api,
  idempotent,
  IdempotencyHeader,
  json,
  jsonBody,
  nextPage,
  PageQuery,
  readField,
  route,
} from "./route.ts";

/** A thousand signed events with their disclosures take about 1 MiB. */
const MAX_EVENTS_BYTES = 2 * 1024 * 1024;

const tags = ["Custody"];
/** Who may report events. */
export const REPORTERS = ["enterprise", "assessor", "authority"] as const;
/** Where events are reported. */
export const REPORTS_PATH = "/v1/events";

const record = route({
  method: "post",
  path: "/events",
  operationId: "recordEvents",
  tags,
  summary: "Report custody events",
  description:
    "Up to 1,000 events, all or none. Once answered, they are durable and in the signed log, in the order given. " +
    "An enterprise reports on goods that it holds. Late reports are accepted; only contradictions of known facts are refused.",
  roles: REPORTERS,
  maxBodyBytes: MAX_EVENTS_BYTES,
  request: { headers: IdempotencyHeader, body: jsonBody(EventsBody) },
  responses: { 201: json(z.object({ events: z.array(ReceiptSchema) }), "Recorded") },
});

const prepare = route({
  method: "post",
  path: "/events/prepare",
  operationId: "prepareEvents",
  tags,
  summary: "Get the statements of events, to sign them",
  description:
    "Records nothing. Sign each statement with your registered key and send it to `POST /v1/events`.",
  roles: REPORTERS,
  maxBodyBytes: MAX_EVENTS_BYTES,
  request: { body: jsonBody(PrepareBody) },
  responses: { 200: json(z.object({ events: z.array(PreparedSchema) }), "Ready to be signed") },
});

const list = route({
  method: "get",
  path: "/events",
  operationId: "listEvents",
  tags,
  summary: "List your events, newest first",
  description: "Ordered by log index. The authority sees the events of all organisations, or of one.",
  roles: REPORTERS,
  request: { query: PageQuery.extend({ organisation: z.string().max(64).optional() }) },
  responses: {
    200: json(
      pageOf(
        ReceiptSchema.extend({
          organisation: z.string(),
          at: z.string(),
          correctedBy: z.int().optional(),
        }).openapi("ListedEvent"),
      ),
      "A page",
    ),
  },
});

/** `/events`: reporting custody events, with or without the reporter's signature. */
export function eventRoutes(api: Api): void {
  api.openapi(record, async (c) => {
    const service = c.get("service");
    const once = await idempotent(c);
    const events = c.req.valid("json").events.map((event, i): EventInput | SignedEvent => {
      if (!("statement" in event)) return event as EventInput;
      const prepared = event as unknown as Omit<SignedEvent, "input">;
      const field = `events.${i}`;
      const input = readField(EventSchema, preparedInput(service, prepared, field), field) as EventInput;
      return { ...prepared, input };
    });
    const { value } = await recordEvents(service, c.get("caller"), events, once);
    c.set("acknowledged", true);
    return c.json({ events: value }, 201);
  });
  api.openapi(list, (c) => {
    const { cursor, limit, organisation } = c.req.valid("query");
    const { items, next } = listEvents(c.get("service"), c.get("caller"), { cursor, limit, organisation });
    return c.json({ items, next: nextPage(c, next) }, 200);
  });
  api.openapi(prepare, async (c) => {
    const { events } = c.req.valid("json");
    const prepared = await prepareEvents(c.get("service"), c.get("caller"), events as EventInput[]);
    return c.json({ events: prepared } as never, 200);
  });
}
