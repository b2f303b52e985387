import { z } from "@hono/zod-openapi";
import { getAudit, listAudits, runAudit } from "../../services/audit/run-audit.ts";
import { statistics } from "../../services/audit/statistics.ts";
import { idParam, line, pageOf, Time } from "./fields.ts";
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

const Scope = z.union([
  z.strictObject({ ledger: z.literal(true) }),
  z.strictObject({ code: line(64) }),
  z.strictObject({ batch: line(64) }),
  z.strictObject({ enterprise: line(64) }),
]);

const Audit = z
  .strictObject({
    id: z.string(),
    scope: Scope,
    organisation: z.string().openapi({ description: "Whose audit it was." }),
    at: Time,
    ok: z.boolean(),
    size: z.int().openapi({ description: "Of the log that was audited." }),
    root: z.string().openapi({ description: "Its signed root, hex." }),
    records: z.int(),
    chains: z.int(),
    batches: z.int(),
    codes: z.int(),
    breaks: z
      .array(z.strictObject({ rule: z.string(), at: z.string(), expected: z.string(), found: z.string() }))
      .openapi({ description: "At most 20, the first first." }),
    record: z.int().openapi({ description: "Index of the record that says so." }),
  })
  .openapi("Audit");

const run = route({
  method: "post",
  path: "/audits",
  operationId: "runAudit",
  tags,
  summary: "Audit a code, a batch, an enterprise or the whole ledger",
  description:
    "Stored bytes are rehashed, chains walked, entries and root compared, batches' commitments recomputed; the first " +
    "break is named with what was expected and found. The audit itself becomes a record.",
  roles: auditors,
  request: {
    headers: IdempotencyHeader,
    body: jsonBody(z.strictObject({ scope: Scope })),
  },
  responses: { 201: json(Audit, "Done") },
});

const list = route({
  method: "get",
  path: "/audits",
  operationId: "listAudits",
  tags,
  summary: "Audits, newest first",
  roles: auditors,
  request: { query: PageQuery },
  responses: { 200: json(pageOf(Audit), "A page") },
});

const get = route({
  method: "get",
  path: "/audits/{id}",
  operationId: "getAudit",
  tags,
  summary: "Read an audit",
  roles: auditors,
  request: { params: idParam("aud_8m2kq4x7w9zrt3hd") },
  responses: { 200: json(Audit, "The audit") },
});

const Volume = z
  .strictObject({
    batches: z.int(),
    codes: z.int(),
    valueUsd: z.string().openapi({ description: "Declared value, plain decimal." }),
  })
  .openapi("Volume");
const volumes = z.record(z.string(), Volume);
const counts = z.record(z.string(), z.int());
const Refused = z.strictObject({ sinceStart: z.int(), lastHour: z.int() });

const Statistics = z
  .strictObject({
    issued: Volume,
    byTradeMode: volumes,
    byFamily: volumes,
    byCategory: volumes,
    byProvince: volumes.openapi({ description: "ISO 3166-2:CN of the enterprise that ordered." }),
    byCountry: volumes.openapi({ description: "ISO 3166-1 of the enterprise that ordered." }),
    byContinent: volumes,
    scans: z.strictObject({
      total: z.int(),
      codes: z.int().openapi({ description: "Codes scanned at least once." }),
      byVerdict: counts,
      byCountry: counts.openapi({ description: "Of the scanner; `unknown` where no region is known." }),
      byContinent: counts,
      byProvince: counts,
      byTradeMode: counts,
      byCategory: counts,
      refused: z.strictObject({ unknown: Refused, mistyped: Refused }),
      log: z.strictObject({ waiting: z.int(), lost: z.int() }),
    }),
    clearance: z
      .strictObject({
        releases: z.int(),
        medianSeconds: z.int().nullable(),
        meanSeconds: z.int().nullable(),
      })
      .openapi({ description: "How long goods took from declared to released." }),
    records: z.int(),
    enterprises: z.int().openapi({ description: "Enterprises whose codes are out." }),
  })
  .openapi("Statistics");

const stats = route({
  method: "get",
  path: "/stats",
  operationId: "statistics",
  tags: ["Figures"],
  summary: "Codes, value, scans and clearance times",
  roles: EVERYBODY,
  unapproved: true,
  responses: { 200: json(Statistics, "Figures") },
});

/** Audits, and the figures that everybody may see. */
export function auditRoutes(api: Api): void {
  api.openapi(run, async (c) => {
    const { scope } = c.req.valid("json");
    const once = await idempotent(c);
    const view = await runAudit(c.get("service"), c.get("caller"), scope, { once });
    c.header("Location", `/v1/audits/${view.id}`);
    return c.json(view, 201);
  });
  api.openapi(list, (c) => {
    const { cursor, limit } = c.req.valid("query");
    const { items, next } = listAudits(c.get("service"), cursor, limit);
    return c.json({ items, next: nextPage(c, next) }, 200);
  });
  api.openapi(get, (c) => c.json(getAudit(c.get("service"), c.req.valid("param").id), 200));
  api.openapi(stats, (c) => c.json(statistics(c.get("service")), 200));
}
