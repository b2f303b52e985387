import { z } from "@hono/zod-openapi";
import { getAudit, listAudits, runAudit } from "../../services/audit/run-audit.ts";
import { statistics } from "../../services/audit/statistics.ts";
import { idParam, line, pageOf } from "./fields.ts";
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

const tags = ["Audit"];
const auditors = ["authority", "operator"] as const;

const Audit = z
  .looseObject({
    id: z.string(),
    ok: z.boolean(),
    size: z.int(),
    root: z.string(),
    records: z.int(),
    chains: z.int(),
    batches: z.int(),
    codes: z.int(),
    breaks: z.array(z.object({ rule: z.string(), at: z.string(), expected: z.string(), found: z.string() })),
    record: z.int(),
  })
  .openapi("Audit");

const run = route({
  method: "post",
  path: "/audits",
  tags,
  summary: "Audit a code, a batch, an enterprise or the whole ledger",
  description:
    "Stored bytes are rehashed, chains walked, entries and root compared, batches' commitments recomputed; the first " +
    "break is named with what was expected and found. The audit itself becomes a record.",
  roles: auditors,
  request: {
    headers: IdempotencyHeader,
    body: jsonBody(
      z.strictObject({
        scope: z.union([
          z.strictObject({ ledger: z.literal(true) }),
          z.strictObject({ code: line(64) }),
          z.strictObject({ batch: line(64) }),
          z.strictObject({ enterprise: line(64) }),
        ]),
      }),
    ),
  },
  responses: { 201: json(Audit, "Done") },
});

const list = route({
  method: "get",
  path: "/audits",
  tags,
  summary: "Audits, newest first",
  roles: auditors,
  request: { query: PageQuery },
  responses: { 200: json(pageOf(Audit), "A page") },
});

const get = route({
  method: "get",
  path: "/audits/{id}",
  tags,
  summary: "Read an audit",
  roles: auditors,
  request: { params: idParam("aud_8m2kq4x7w9zrt3hd") },
  responses: { 200: json(Audit, "The audit") },
});

const stats = route({
  method: "get",
  path: "/stats",
  tags: ["Figures"],
  summary: "Codes, value, scans and clearance times",
  roles: EVERYBODY,
  unapproved: true,
  responses: {
    200: json(z.looseObject({ issued: z.looseObject({ codes: z.int() }) }).openapi("Statistics"), "Figures"),
  },
});

/** Audits, and the figures that everybody may see. */
export function auditRoutes(api: Api): void {
  api.openapi(run, async (c) => {
    const { scope } = c.req.valid("json");
    const once = await idempotent(c);
    const view = await runAudit(c.get("service"), c.get("caller"), scope, { once });
    c.header("Location", `/v1/audits/${view.id}`);
    return c.json(view as never, 201);
  });
  api.openapi(list, (c) => {
    const { cursor, limit } = c.req.valid("query");
    const { items, next } = listAudits(c.get("service"), cursor, limit);
    return c.json({ items, next: nextPage(c, next) } as never, 200);
  });
  api.openapi(get, (c) => c.json(getAudit(c.get("service"), c.req.valid("param").id) as never, 200));
  api.openapi(stats, (c) => c.json(statistics(c.get("service")) as never, 200));
}
