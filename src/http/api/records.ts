import { z } from "@hono/zod-openapi";
import { receiptOf, recordBytes } from "../../services/audit/receipt.ts";
import { eraseFields } from "../../services/custody/erase-fields.ts";
import { listOf } from "./bounded.ts";
import { line } from "./fields.ts";
import { type Api, EVERYBODY, idempotent, IdempotencyHeader, json, jsonBody, route } from "./route.ts";

const tags = ["Records"];
const IndexParam = z.object({
  index: z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, "must be a record's index in the log, from 0")
    .transform(Number)
    .openapi({ type: "integer", example: 42 }),
});

const receipt = route({
  method: "get",
  path: "/records/{index}/receipt",
  operationId: "getReceipt",
  tags,
  summary: "Get the receipt of a record: a C2SP tlog-proof",
  roles: EVERYBODY,
  unapproved: true,
  request: { params: IndexParam },
  responses: {
    200: { description: "The proof", content: { "text/plain": { schema: z.string() } } },
  },
});

const record = route({
  method: "get",
  path: "/records/{index}",
  operationId: "getRecord",
  tags,
  summary: "Read the bytes of a record, exactly as hashed",
  description:
    "For the record's reporter and the authority. Record and receipt together prove what was acknowledged.",
  roles: ["enterprise", "assessor", "authority", "operator"],
  unapproved: true,
  request: { params: IndexParam },
  responses: { 200: json(z.looseObject({ v: z.int() }), "Canonical JSON (RFC 8785)") },
});

const erase = route({
  method: "post",
  path: "/records/{index}/erasures",
  operationId: "eraseFields",
  tags,
  summary: "Erase sealed fields of a record",
  description:
    "By the record's reporter, the authority or the operator. The values are gone for good; the record keeps their digests, so every proof stays valid. The erasure itself is recorded.",
  roles: ["enterprise", "assessor", "authority", "operator"],
  request: {
    params: IndexParam,
    headers: IdempotencyHeader,
    body: jsonBody(z.strictObject({ names: listOf(line(100), 100, 1), reason: line(500) })),
  },
  responses: {
    201: json(
      z.object({ record: z.int(), digests: z.array(z.string()), index: z.int() }).openapi("Erasure"),
      "Erased",
    ),
  },
});

/** `/records`: records as hashed, their receipts, and the erasure of sealed fields. */
export function recordRoutes(api: Api): void {
  api.openapi(record, (c) => {
    const bytes = recordBytes(c.get("service"), c.get("caller"), c.req.valid("param").index);
    return c.body(new Uint8Array(bytes), 200, { "Content-Type": "application/json" }) as never;
  });
  api.openapi(receipt, async (c) => {
    const text = await receiptOf(c.get("service"), c.req.valid("param").index);
    return c.body(text, 200, { "Content-Type": "text/plain; charset=utf-8" }) as never;
  });
  api.openapi(erase, async (c) => {
    const { names, reason } = c.req.valid("json");
    const once = await idempotent(c);
    const { index } = c.req.valid("param");
    return c.json(await eraseFields(c.get("service"), c.get("caller"), index, names, reason, once), 201);
  });
}
