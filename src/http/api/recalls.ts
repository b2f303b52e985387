import { z } from "@hono/zod-openapi";
import {
  confirmRecall,
  draftRecall,
  getRecall,
  liftRecall,
  listRecalls,
  type RecallInput,
} from "../../services/custody/recall.ts";
import { SubjectSchema } from "./event-schema.ts";
import { forms, listOf } from "./bounded.ts";
import { idParam, line, Moment, pageOf, Time } from "./fields.ts";
import {
  type Api,
  EVERYBODY,
  idempotent,
  IdempotencyHeader,
  json,
  jsonBody,
  nextPage,
  PageQuery,
  route,
} from "./route.ts";

const tags = ["Recalls"];
const RecallId = idParam("rec_8m2kq4x7w9zrt3hd");

const ScopeSchema = forms([
  z.strictObject({ product: line(64) }),
  z.strictObject({ product: line(64), lot: line(100) }),
  z.strictObject({ subjects: listOf(SubjectSchema, 1000, 1) }),
  z.strictObject({ vin: line(17) }),
  z.strictObject({ container: line(120), from: Moment, to: Moment }),
]).openapi("RecallScope", {
  description:
    "A product; one lot of a product; subjects as in events; a vehicle by its VIN; or all goods that were in a container in a window of time.",
});

const RecallLevel = z
  .union([z.literal(1), z.literal(2), z.literal(3)])
  .openapi({ description: "1 is serious harm, 3 is labelling." });

const RecallFields = z.strictObject({
  scope: ScopeSchema,
  reason: line(1000),
  level: RecallLevel,
  advice: line(1000).optional(),
});

const Recall = z
  .strictObject({
    id: z.string(),
    status: z.enum(["draft", "active", "lifted"]),
    organisation: z.string().openapi({ description: "The organisation that recalls." }),
    scope: ScopeSchema.optional().openapi({
      description:
        "Shown to the recalling organisation and the authority; others see it only where it is a product, lot or vehicle.",
    }),
    reason: z.string(),
    level: RecallLevel,
    advice: z.string().optional(),
    reach: z
      .strictObject({
        codes: z.int(),
        batches: z.array(
          z.strictObject({
            batch: z.string(),
            lot: z.string(),
            product: z.string(),
            enterprise: z.string(),
            codes: z.int(),
          }),
        ),
        byStatus: z.record(z.string(), z.int()),
      })
      .openapi({ description: "Number of codes reached, counted when the recall was drafted." }),
    created: Time,
    confirmed: Time.optional(),
    lifted: Time.optional(),
  })
  .openapi("Recall");

const draft = route({
  method: "post",
  path: "/recalls",
  operationId: "draftRecall",
  tags,
  summary: "Draft a recall and see its reach",
  description:
    "A draft changes nothing until it is confirmed. An enterprise can recall its own batches, the authority any.",
  roles: ["enterprise", "authority"],
  maxBodyBytes: 1024 * 1024,
  request: { headers: IdempotencyHeader, body: jsonBody(RecallFields) },
  responses: { 201: json(Recall, "The draft, with how many codes it reaches") },
});

const confirm = route({
  method: "post",
  path: "/recalls/{id}/confirm",
  operationId: "confirmRecall",
  tags,
  summary: "Confirm a recall",
  description:
    "`codes` repeats the number of codes in the draft. The next scan of these codes answers `recalled`.",
  roles: ["enterprise", "authority"],
  request: {
    params: RecallId,
    headers: IdempotencyHeader,
    body: jsonBody(z.strictObject({ codes: z.int().min(1) })),
  },
  responses: { 200: json(Recall, "Active") },
});

const lift = route({
  method: "post",
  path: "/recalls/{id}/lift",
  operationId: "liftRecall",
  tags,
  summary: "Lift a recall",
  roles: ["authority"],
  request: {
    params: RecallId,
    headers: IdempotencyHeader,
    body: jsonBody(z.strictObject({ reason: line(1000) })),
  },
  responses: { 200: json(Recall, "Lifted") },
});

const list = route({
  method: "get",
  path: "/recalls",
  operationId: "listRecalls",
  tags,
  summary: "List recalls, newest first",
  roles: EVERYBODY,
  unapproved: true,
  request: { query: PageQuery },
  responses: {
    200: json(pageOf(Recall), "A page; a draft is listed only for the organisation that made it"),
  },
});

const get = route({
  method: "get",
  path: "/recalls/{id}",
  operationId: "getRecall",
  tags,
  summary: "Read a recall",
  roles: EVERYBODY,
  unapproved: true,
  request: { params: RecallId },
  responses: { 200: json(Recall, "The recall") },
});

/** `/recalls`: drafted with their reach, confirmed, lifted by the authority. */
export function recallRoutes(api: Api): void {
  api.openapi(draft, async (c) => {
    const once = await idempotent(c);
    const input = c.req.valid("json") as RecallInput;
    return c.json(await draftRecall(c.get("service"), c.get("caller"), input, once), 201);
  });
  api.openapi(confirm, async (c) => {
    const { id } = c.req.valid("param");
    const { codes } = c.req.valid("json");
    const once = await idempotent(c);
    return c.json(await confirmRecall(c.get("service"), c.get("caller"), id, codes, once), 200);
  });
  api.openapi(lift, async (c) => {
    const { id } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    const once = await idempotent(c);
    return c.json(await liftRecall(c.get("service"), c.get("caller"), id, reason, once), 200);
  });
  api.openapi(list, (c) => {
    const { items, next } = listRecalls(c.get("service"), c.get("caller"), c.req.valid("query"));
    return c.json({ items, next: nextPage(c, next) }, 200);
  });
  api.openapi(get, (c) => c.json(getRecall(c.get("service"), c.get("caller"), c.req.valid("param").id), 200));
}
