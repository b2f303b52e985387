import { z } from "@hono/zod-openapi";
import { formatBundle } from "../../ledger/bundle.ts";
import { makeBundle } from "../../services/audit/bundle.ts";
import { findCode } from "../../services/custody/subjects.ts";
import { traceCode } from "../../services/custody/trace.ts";
import { traceUnit } from "../../services/custody/trace-unit.ts";
import type { Placed } from "../../services/codes/register.ts";
import { Problem } from "../../services/problem.ts";
import type { Service } from "../../services/service.ts";
import { type Api, EVERYBODY, json, route } from "./route.ts";

const tags = ["Trace"];
const CodeParam = z.object({ code: z.string().min(1).max(64).openapi({ example: "45VF-V6GS-11R1-9J3B" }) });

const StepSchema = z
  .looseObject({ index: z.int(), event: z.string(), kind: z.string(), at: z.string(), recorded: z.string() })
  .openapi("TraceStep", {
    description:
      "One event with its business step, place, reporter, the units it came through, and what is sealed.",
  });
const TraceSchema = z
  .looseObject({
    code: z.string(),
    batch: z.string(),
    position: z.int(),
    status: z.string(),
    steps: z.array(StepSchema),
    findings: z.array(z.object({ rule: z.string(), index: z.int(), kind: z.string(), message: z.string() })),
  })
  .openapi("Trace");

const trace = route({
  method: "get",
  path: "/trace/{code}",
  tags,
  summary: "A code's whole journey",
  description:
    "Through every unit it was ever in, in one call. Sealed fields as far as the caller may see them.",
  roles: EVERYBODY,
  unapproved: true,
  request: { params: CodeParam },
  responses: { 200: json(TraceSchema, "The journey") },
});

const bundle = route({
  method: "get",
  path: "/trace/{code}/bundle",
  tags,
  summary: "The journey with its proofs, to check offline",
  description: "Check it with `suyuan verify FILE`; the format is in docs/bundle.md.",
  roles: EVERYBODY,
  unapproved: true,
  request: { params: CodeParam },
  responses: { 200: json(z.looseObject({ format: z.string() }), "A bundle, canonical JSON") },
});

const unit = route({
  method: "get",
  path: "/units/{id}",
  tags,
  summary: "A logistic unit: who holds it, what is in it, what happened to it",
  description: "For the authority, and for enterprises that took part.",
  roles: ["enterprise", "authority"],
  request: {
    params: z.object({ id: z.string().min(1).max(120).openapi({ example: "container:CSQU3054383" }) }),
  },
  responses: { 200: json(z.looseObject({ id: z.string(), steps: z.array(StepSchema) }), "The unit") },
});

function codeAt(service: Service, text: string): Placed {
  const placed = findCode(service, text, "code");
  if (placed === null) throw new Problem("not_found", "this is not a code of this service");
  return placed;
}

/** Journeys, bundles and units. */
export function traceRoutes(api: Api): void {
  api.openapi(trace, (c) => {
    const service = c.get("service");
    const placed = codeAt(service, c.req.valid("param").code);
    return c.json({ ...traceCode(service, placed, c.get("caller")) } as never, 200);
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
    return c.json(view as never, 200);
  });
}
