import { z } from "@hono/zod-openapi";
import { closeBatch } from "../../services/codes/close-batch.ts";
import { decideBatch } from "../../services/codes/decide-batch.ts";
import { getBatch, listBatches } from "../../services/codes/read-batches.ts";
import { MAX_QUANTITY, MAX_VEHICLES } from "../../services/codes/order.ts";
import { orderBatch } from "../../services/codes/order-batch.ts";
import { listOf } from "./bounded.ts";
import {
  CategoryCode,
  Country,
  DateText,
  FieldWarning,
  identifier,
  idParam,
  line,
  pageOf,
  Time,
} from "./fields.ts";
import { decisionRoute } from "./decision.ts";
import {
  type Api,
  idempotent,
  IdempotencyHeader,
  json,
  jsonBody,
  nextPage,
  PageQuery,
  route,
} from "./route.ts";

export const BatchId = idParam("bat_8m2kq4x7w9zrt3hd");
const BatchStatus = z.enum(["requested", "approved", "declined", "issuing", "ready", "closed"]);
const VIEWERS = ["enterprise", "authority", "operator"] as const;
const tags = ["Orders and batches"];

/** The rules of goods (core/goods) check lengths, and which fields a trade mode needs. */
const text = line(200).optional();

const Order = z.strictObject({
  product: z.string().max(64),
  quantity: z
    .int()
    .min(1)
    .max(MAX_QUANTITY)
    .openapi({
      description: `Number of codes, at most 2^30, because the batch's commitment is computed in memory. Vehicles: at most ${MAX_VEHICLES}.`,
    }),
  lot: line(60),
  tradeMode: identifier().openapi({
    description: "Supervision mode of Chinese customs, four digits.",
    example: "1210",
  }),
  productionDate: DateText.optional(),
  expiryDate: DateText.optional(),
  declaredValue: z.strictObject({
    amount: identifier().openapi({
      description: "Value of the whole lot, plain decimal.",
      example: "64400.00",
    }),
    currency: identifier().openapi({ description: "ISO 4217.", example: "CNY" }),
    usdRate: z.strictObject({ rate: identifier(), date: DateText }).optional().openapi({
      description: "US dollars for one unit of the currency, with its date. Needed for any currency but USD.",
    }),
  }),
  originCountry: Country.optional(),
  destinationCountry: Country.optional(),
  withPin: z
    .boolean()
    .optional()
    .openapi({ description: "True for labels with a PIN under a scratch-off patch." }),
  vins: listOf(identifier(), MAX_VEHICLES)
    .optional()
    .openapi({ description: "One VIN for each code, by position." }),
  customsOffice: identifier().optional(),
  preference: text,
  bonded: z
    .strictObject({ accountBookNo: text, areaCode: text, areaName: text, itemRecordNo: text })
    .optional(),
  market: z.strictObject({ shopUscc: text, marketName: text, purchaseSlipNo: text }).optional(),
  transport: z.strictObject({ vehicleNo: text, voyageNo: text, billNo: text }).optional(),
  certificateOfOrigin: z
    .strictObject({
      no: text,
      issuingBody: text,
      issuedOn: DateText.optional(),
      expiresOn: DateText.optional(),
    })
    .optional(),
});

const Batch = z
  .object({
    id: z.string(),
    enterprise: z.string(),
    product: z.string(),
    status: BatchStatus,
    reason: z.string().optional(),
    quantity: z.int(),
    issued: z.int().openapi({ description: "Codes made so far." }),
    failure: z.string().optional(),
    lot: z.string(),
    tradeMode: z.string(),
    category: CategoryCode,
    gtin: z.string().nullable(),
    productionDate: z.string().optional(),
    expiryDate: z.string().optional(),
    originCountry: z.string(),
    destinationCountry: z.string().optional(),
    declaredValue: z.object({
      amount: z.string(),
      currency: z.string(),
      usdRate: z.object({ rate: z.string(), date: z.string() }).optional(),
      usd: z.string().openapi({ description: "The value in US dollars, at that rate." }),
    }),
    withPin: z.boolean(),
    vins: z.array(z.string()),
    mode: z.record(z.string(), z.json()).openapi({
      type: "object",
      description: "The fields that the trade mode needs, as given.",
    }),
    warnings: z.array(FieldWarning),
    root: z.string().nullable().openapi({ description: "RFC 6962 tree root over the batch's codes, hex." }),
    requestedAt: Time,
    decidedAt: Time.optional(),
    readyAt: Time.optional(),
    closedAt: Time.optional(),
    unusedExpireAt: Time.optional(),
  })
  .openapi("Batch");

const ListedBatch = Batch.omit({ vins: true }).openapi("ListedBatch");

const order = route({
  method: "post",
  path: "/batches",
  operationId: "orderBatch",
  tags,
  summary: "Order codes for a lot",
  roles: ["enterprise"],
  maxBodyBytes: 512 * 1024,
  request: { headers: IdempotencyHeader, body: jsonBody(Order) },
  responses: { 201: json(Batch, "Ordered") },
});

const list = route({
  method: "get",
  path: "/batches",
  operationId: "listBatches",
  tags,
  summary: "List orders and batches, newest first",
  description: "An enterprise sees its own batches.",
  roles: VIEWERS,
  request: { query: PageQuery.extend({ status: BatchStatus.optional() }) },
  responses: { 200: json(pageOf(ListedBatch), "A page, without VINs") },
});

const get = route({
  method: "get",
  path: "/batches/{id}",
  operationId: "getBatch",
  tags,
  summary: "Read an order or batch, with its progress",
  roles: VIEWERS,
  request: { params: BatchId },
  responses: { 200: json(Batch, "The batch") },
});

const close = route({
  method: "post",
  path: "/batches/{id}/close",
  operationId: "closeBatch",
  tags,
  summary: "Close a batch",
  description: "Codes that were never activated expire at once.",
  roles: ["enterprise", "authority"],
  request: { params: BatchId, headers: IdempotencyHeader },
  responses: { 200: json(Batch, "Closed") },
});

/** `/batches`: orders, which become batches. */
export function batchRoutes(api: Api): void {
  api.openapi(order, async (c) => {
    const once = await idempotent(c);
    const batch = await orderBatch(c.get("service"), c.get("caller"), c.req.valid("json"), once);
    c.header("Location", `/v1/batches/${batch.id}`);
    return c.json(batch as z.infer<typeof Batch>, 201);
  });
  api.openapi(list, (c) => {
    const { items, next } = listBatches(c.get("service"), c.get("caller"), c.req.valid("query"));
    return c.json({ items: items as z.infer<typeof ListedBatch>[], next: nextPage(c, next) }, 200);
  });
  api.openapi(get, (c) => {
    const batch = getBatch(c.get("service"), c.get("caller"), c.req.valid("param").id);
    return c.json(batch as z.infer<typeof Batch>, 200);
  });
  decisionRoute(api, {
    path: "/batches",
    operationId: "decideBatch",
    tags,
    summary: "Approve or decline an order",
    description: "An approved order's codes are made at once.",
    id: BatchId,
    schema: Batch,
    verb: decideBatch,
  });
  api.openapi(close, async (c) => {
    const once = await idempotent(c);
    const batch = await closeBatch(c.get("service"), c.get("caller"), c.req.valid("param").id, once);
    return c.json(batch as z.infer<typeof Batch>, 200);
  });
}
