import { z } from "@hono/zod-openapi";
import type { Caller } from "../../services/caller.ts";
import type { Decision as DecisionInput } from "../../services/filing/decision.ts";
import type { WriteRequest } from "../../services/ledger/transaction.ts";
import type { Service } from "../../services/service.ts";
import { line } from "./fields.ts";
import { type Api, idempotent, IdempotencyHeader, json, jsonBody, route } from "./route.ts";

const Decision = z
  .discriminatedUnion("decision", [
    z.strictObject({ decision: z.literal("approve") }),
    z.strictObject({ decision: z.literal("decline"), reason: line(1000) }),
  ])
  .openapi("Decision", { description: "A decline needs a reason, which the applicant can read." });

/** A kind of request that the authority decides. */
interface Decided {
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
  verb: (
    service: Service,
    caller: Caller,
    id: string,
    decision: DecisionInput,
    once?: WriteRequest,
  ) => Promise<object>;
}

/** Adds `POST …/{id}/decision`: the authority approves, or declines with a reason. */
export function decisionRoute(api: Api, decided: Decided): void {
  const { path, operationId, tags, summary, description, id, schema, verb } = decided;
  const decide = route({
    method: "post",
    path: `${path}/{id}/decision`,
    operationId,
    tags,
    summary,
    ...(description === undefined ? {} : { description }),
    roles: ["authority"],
    request: { params: id, headers: IdempotencyHeader, body: jsonBody(Decision) },
    responses: { 200: json(schema, "Decided") },
  });
  api.openapi(decide, async (c) => {
    const once = await idempotent(c);
    const decision = c.req.valid("json");
    const view = await verb(c.get("service"), c.get("caller"), c.req.valid("param").id, decision, once);
    return c.json(view, 200);
  });
}
