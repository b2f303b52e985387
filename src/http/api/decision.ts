import { z } from "@hono/zod-openapi";
import type { Caller } from "../../services/caller.ts";
import type { Decision as DecisionInput } from "../../services/filing/decision.ts";
import type { WriteRequest } from "../../services/ledger/transaction.ts";
import type { Service } from "../../services/service.ts";
import { line } from "./fields.ts";
import { type Api, idempotent, IdempotencyHeader, json, jsonBody, route } from "./route.ts";

const filingDecisions = [
  z.strictObject({ decision: z.literal("approve") }),
  z.strictObject({ decision: z.literal("decline"), reason: line(1000) }),
] as const;

const standingChanges = [
  z.strictObject({ decision: z.literal("suspend"), reason: line(1000) }),
  z.strictObject({ decision: z.literal("reinstate"), reason: line(1000).optional() }),
] as const;

/** A change of an approved organisation's standing. */
export const StandingChange = z.discriminatedUnion("decision", standingChanges).openapi("StandingChange", {
  description: "A suspension needs a reason, which the organisation can read.",
});

/** A decision on an enterprise: on its filing, or later on its standing. */
export const EnterpriseDecision = z
  .discriminatedUnion("decision", [...filingDecisions, ...standingChanges])
  .openapi("EnterpriseDecision", {
    description: "Declining and suspending need a reason, which the enterprise can read.",
  });

const Decision = z
  .discriminatedUnion("decision", filingDecisions)
  .openapi("Decision", { description: "A decline needs a reason, which the applicant can read." });

/** A kind of request that the authority decides. */
interface Decided<D> {
  /** The collection, such as `/products`. */
  path: string;
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  /** The schema of its id in the path. */
  id: z.ZodObject<{ id: z.ZodString }>;
  /** The schema of the decided resource, which `verb` returns. */
  schema: z.ZodType;
  verb: (service: Service, caller: Caller, id: string, decision: D, once?: WriteRequest) => Promise<object>;
}

/** Adds `POST …/{id}/decision`: the authority approves, or declines with a reason. */
export function decisionRoute(api: Api, decided: Decided<DecisionInput>): void {
  decisionRouteOf(api, Decision, decided);
}

/** The same, with the decisions of a schema. */
export function decisionRouteOf<D>(api: Api, decisions: z.ZodType<D>, decided: Decided<D>): void {
  const { path, operationId, tags, summary, description, id, schema, verb } = decided;
  const decide = route({
    method: "post",
    path: `${path}/{id}/decision`,
    operationId,
    tags,
    summary,
    ...(description === undefined ? {} : { description }),
    roles: ["authority"],
    request: { params: id, headers: IdempotencyHeader, body: jsonBody(decisions) },
    responses: { 200: json(schema, "Decided") },
  });
  api.openapi(decide, async (c) => {
    const once = await idempotent(c);
    const decision = c.req.valid("json");
    const view = await verb(c.get("service"), c.get("caller"), c.req.valid("param").id, decision, once);
    return c.json(view, 200);
  });
}
