import { z } from "@hono/zod-openapi";
import { getAudit, listAudits, runAudit } from "../../services/audit/run-audit.ts";
import { publicStatistics } from "../../services/audit/public-statistics.ts";
import { statistics } from "../../services/audit/statistics.ts";
import { forms } from "./bounded.ts";
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

const Scope = forms([
  z.strictObject({ ledger: z.literal(true) }),
  z.strictObject({ code: line(64) }),
  z.strictObject({ batch: line(64) }),
  z.strictObject({ enterprise: line(64) }),
]);

const Audit = z
  .strictObject({
    id: z.string(),
    scope: Scope,
    organisation: z.string().openapi({ description: "The organisation that audited." }),
    at: Time,
    ok: z.boolean(),
    size: z.int().openapi({ description: "Size of the audited log, in records." }),
    root: z.string().openapi({ description: "The log's signed root, hex." }),
    records: z.int(),
    chains: z.int(),
    batches: z.int(),
    codes: z.int(),
    breaks: z
      .array(z.strictObject({ rule: z.string(), at: z.string(), expected: z.string(), found: z.string() }))
      .openapi({ description: "The first 20 breaks." }),
    record: z.int().openapi({ description: "Index of the record of this audit." }),
  })
  .openapi("Audit");

const run = route({
  method: "post",
  path: "/audits",
  operationId: "runAudit",
  tags,
  summary: "Audit a code, a batch, an enterprise or the whole ledger",
  description:
    "Rehashes stored bytes, walks chains, compares entries and root, and recomputes the commitments of batches. Each " +
    "break is named with the expected and the found value. The audit itself is recorded.",
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
  summary: "List audits, newest first",
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
    valueUsd: z
      .string()
      .optional()
      .openapi({ description: "Declared value in US dollars, plain decimal. For the authority alone." }),
  })
  .openapi("Volume");
const volumes = z.record(z.string(), Volume);
const counts = z.record(z.string(), z.int());
const Recent = z.strictObject({ sinceStart: z.int(), lastHour: z.int() });

const Scans = z.strictObject({
  total: z.int().openapi({ description: "Scans by people." }),
  codes: z.int().openapi({ description: "Codes scanned at least once." }),
  byVerdict: counts,
  byCountry: counts.openapi({ description: "By country of the scanner; `unknown` where it is not known." }),
  byContinent: counts,
  byProvince: counts,
  byTradeMode: counts,
  byCategory: counts,
  programs: Recent.optional().openapi({
    description: "Link previews, crawlers and prefetches; never in the sums.",
  }),
  refused: z.strictObject({ unknown: Recent, mistyped: Recent }).optional(),
  log: z.strictObject({ waiting: z.int(), lost: z.int() }).optional(),
});

const Statistics = z
  .strictObject({
    asOf: z.string().optional().openapi({
      description: "In the public figures: the start of the day (UTC); nothing later is counted.",
    }),
    issued: Volume,
    byTradeMode: volumes,
    byFamily: volumes,
    byCategory: volumes,
    byProvince: volumes.openapi({
      description: "By province of the enterprise that ordered, ISO 3166-2:CN.",
    }),
    byCountry: volumes.openapi({ description: "By country of the enterprise that ordered, ISO 3166-1." }),
    byContinent: volumes,
    scans: Scans,
    clearance: z
      .strictObject({
        releases: z.int(),
        medianSeconds: z.int().nullable(),
        meanSeconds: z.int().nullable(),
      })
      .optional()
      .openapi({ description: "Time from declaration to release." }),
    records: z.int(),
    enterprises: z.int().openapi({ description: "Number of enterprises with issued codes." }),
  })
  .openapi("Statistics");

const stats = route({
  method: "get",
  path: "/stats",
  operationId: "statistics",
  tags: ["Figures"],
  summary: "Read figures: codes, scans, clearance times",
  description:
    "The authority and the operator read exact, current figures; declared values are for the authority alone. Everybody " +
    "else reads public figures: as of the start of the day (UTC), two significant digits, and only sums that grow by " +
    "steps of at least three enterprises, so that neither a figure nor the difference of two is one enterprise's. What " +
    "is not published counts as nothing there. Public figures have `asOf`, and no `clearance`, " +
    "`scans.programs`, `scans.refused` or `scans.log`.",
  roles: EVERYBODY,
  unapproved: true,
  responses: { 200: json(Statistics, "Figures") },
});

/** `/audits`, and the figures of `/stats`. */
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
  api.openapi(stats, (c) => {
    const [service, caller] = [c.get("service"), c.get("caller")];
    const exact = caller.role === "authority" || caller.role === "operator";
    return c.json(exact ? statistics(service, caller) : publicStatistics(service), 200);
  });
}
