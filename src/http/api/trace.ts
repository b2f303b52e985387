import { z } from "@hono/zod-openapi";
import { formatBundle } from "../../core/ledger/bundle.ts";
import { makeBundle } from "../../services/audit/bundle.ts";
import { findCode } from "../../services/custody/subjects.ts";
import { traceCode } from "../../services/custody/trace.ts";
import { traceUnit } from "../../services/custody/trace-unit.ts";
import type { Placed } from "../../scan/batch-register.ts";
import { Problem } from "../../services/problem.ts";
import type { Service } from "../../services/service.ts";
import { PlaceSchema, ReportSchema, TierSchema } from "./event-schema.ts";
import { Time } from "./fields.ts";
import { type Api, EVERYBODY, json, route } from "./route.ts";

const tags = ["Trace"];
const CodeParam = z.object({ code: z.string().min(1).max(64).openapi({ example: "45VF-V6GS-11R1-9J3B" }) });

const PublicNames = z.strictObject({ zh: z.string().optional(), en: z.string().optional() });
const StepSchema = z
  .strictObject({
    index: z.int().openapi({ description: "Log index of the record that proves the step." }),
    event: z.string().openapi({ description: "The reporter's id of the event." }),
    kind: z.string(),
    bizStep: z.string(),
    disposition: z.string(),
    at: z.string().openapi({ description: "RFC 3339, in the zone that the reporter gave." }),
    recorded: Time,
    by: z.strictObject({ organisation: z.string(), role: z.string(), name: PublicNames }),
    place: PlaceSchema.optional(),
    reports: z.array(ReportSchema),
    public: z
      .record(z.string(), z.json())
      .openapi({ type: "object", description: "The other public fields of the statement." }),
    sealed: z
      .array(z.strictObject({ tier: TierSchema, name: z.string(), value: z.unknown() }))
      .openapi({ description: "The sealed fields that this reader may see." }),
    withheld: z.int().openapi({ description: "Number of fields that this reader may not see." }),
    via: z
      .array(z.strictObject({ type: z.enum(["sscc", "container", "other"]), id: z.string().optional() }))
      .openapi({
        description:
          "The units through which the step reached the code, innermost first; their numbers for parties and authority.",
      }),
    signed: z
      .boolean()
      .openapi({ description: "True where the reporter signed the statement with its own key." }),
    correctedBy: z.int().optional(),
    upstream: z.int().optional().openapi({
      description:
        "For a step of goods that were transformed into these: the index of the transforming record.",
    }),
  })
  .openapi("TraceStep");
const TraceSchema = z
  .strictObject({
    code: z.string(),
    batch: z.string(),
    position: z.int(),
    product: z.strictObject({
      id: z.string(),
      gtin: z.string().nullable(),
      name: PublicNames,
      category: z.string(),
      lot: z.string(),
    }),
    enterprise: z.strictObject({ id: z.string(), name: PublicNames }),
    status: z.string(),
    holder: z.string().optional().openapi({ description: "For parties and authority." }),
    held: z.boolean(),
    recalls: z.array(z.string()),
    steps: z.array(StepSchema),
    findings: z.array(
      z.strictObject({ rule: z.string(), index: z.int(), kind: z.string(), message: z.string() }),
    ),
  })
  .openapi("Trace");
const UnitSchema = z
  .strictObject({
    id: z.string(),
    holder: z.string().nullable().optional().openapi({
      description:
        "`holder`, `held`, `inside` and `contents` are for the authority and for the parties of the unit's current journey.",
    }),
    held: z.boolean().optional(),
    inside: z.string().optional().openapi({ description: "The unit that contains it now." }),
    contents: z
      .strictObject({
        codes: z.int(),
        batches: z.array(z.strictObject({ batch: z.string(), codes: z.int() })),
        units: z.array(z.string()),
      })
      .optional(),
    steps: z.array(StepSchema),
  })
  .openapi("Unit");

const trace = route({
  method: "get",
  path: "/trace/{code}",
  operationId: "traceCode",
  tags,
  summary: "Trace a code: its whole journey",
  description:
    "All steps in one call, through every unit that the code was in. The answer has the sealed fields that the caller may see.",
  roles: EVERYBODY,
  unapproved: true,
  request: { params: CodeParam },
  responses: { 200: json(TraceSchema, "The journey") },
});

const bundle = route({
  method: "get",
  path: "/trace/{code}/bundle",
  operationId: "makeBundle",
  tags,
  summary: "Get the journey with its proofs, to check offline",
  description: "Check it with `suyuan verify FILE`; the format is in docs/bundle.md.",
  roles: EVERYBODY,
  unapproved: true,
  request: { params: CodeParam },
  responses: { 200: json(z.looseObject({ format: z.string() }), "A bundle, canonical JSON") },
});

const unit = route({
  method: "get",
  path: "/units/{id}",
  operationId: "traceUnit",
  tags,
  summary: "Read a logistic unit: holder, contents, history",
  description: "For the authority, and for enterprises that took part in its journey.",
  roles: ["enterprise", "authority"],
  request: {
    params: z.object({ id: z.string().min(1).max(120).openapi({ example: "container:CSQU3054383" }) }),
  },
  responses: { 200: json(UnitSchema, "The unit") },
});

function codeAt(service: Service, text: string): Placed {
  const placed = findCode(service, text, "code");
  if (placed === null) throw new Problem("not_found", "this is not a code of this service");
  return placed;
}

/** `/trace` and `/units`: journeys, bundles and logistic units. */
export function traceRoutes(api: Api): void {
  api.openapi(trace, (c) => {
    const service = c.get("service");
    const placed = codeAt(service, c.req.valid("param").code);
    const traced = traceCode(service, placed, c.get("caller"));
    return c.json(traced as z.infer<typeof TraceSchema>, 200);
  });
  api.openapi(bundle, async (c) => {
    const service = c.get("service");
    const placed = codeAt(service, c.req.valid("param").code);
    const made = await makeBundle(service, placed, c.get("caller"));
    c.header("Content-Disposition", `attachment; filename="${made.code}.bundle.json"`);
    return c.body(`${formatBundle(made)}\n`, 200, { "Content-Type": "application/json" }) as never;
  });
  api.openapi(unit, (c) => {
    const view = traceUnit(c.get("service"), c.get("caller"), c.req.valid("param").id);
    return c.json(view as z.infer<typeof UnitSchema>, 200);
  });
}
