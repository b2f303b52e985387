import { z } from "@hono/zod-openapi";
import { createKey, listKeys, revokeKey } from "../../services/filing/keys.ts";
import { idParam, line } from "./fields.ts";
import { ApiKey, NewApiKey } from "./organisation-schema.ts";
import { type Api, idempotent, IdempotencyHeader, json, jsonBody, route } from "./route.ts";

const KeyId = idParam("key_8m2kq4x7w9zrt3hd");
const HOLDERS = ["enterprise", "assessor", "authority", "operator"] as const;
const tags = ["API keys"];

const Organisation = z.string().max(64).optional().openapi({
  description:
    "Your own organisation by default. The operator may name any; the authority an enterprise that lost its key.",
});

const create = route({
  method: "post",
  path: "/keys",
  operationId: "createKey",
  tags,
  summary: "Make an API key",
  description:
    "A repeated Idempotency-Key gets the secret again for 24 hours, until it is first used. The authority can make a key for an enterprise that lost its own; each key made is a record.",
  roles: HOLDERS,
  request: {
    headers: IdempotencyHeader,
    body: jsonBody(z.strictObject({ label: line(100), organisation: Organisation })),
  },
  responses: { 201: json(NewApiKey, "Made") },
});

const list = route({
  method: "get",
  path: "/keys",
  operationId: "listKeys",
  tags,
  summary: "List API keys, oldest first",
  roles: HOLDERS,
  request: { query: z.strictObject({ organisation: Organisation }) },
  responses: { 200: json(z.object({ items: z.array(ApiKey) }), "All of them, at most a few hundred") },
});

const revoke = route({
  method: "delete",
  path: "/keys/{id}",
  operationId: "revokeKey",
  tags,
  summary: "Revoke an API key",
  roles: HOLDERS,
  request: { params: KeyId, headers: IdempotencyHeader },
  responses: { 200: json(ApiKey, "Revoked") },
});

/** `/keys`: an organisation manages its own keys, the operator the keys of all. */
export function keyRoutes(api: Api): void {
  api.openapi(create, async (c) => {
    const once = await idempotent(c);
    const made = await createKey(c.get("service"), c.get("caller"), c.req.valid("json"), once);
    c.header("Location", `/v1/keys?organisation=${made.organisation}`);
    return c.json(made, 201);
  });
  api.openapi(list, (c) => {
    const { organisation } = c.req.valid("query");
    return c.json({ items: listKeys(c.get("service"), c.get("caller"), organisation) }, 200);
  });
  api.openapi(revoke, async (c) => {
    const once = await idempotent(c);
    const { id } = c.req.valid("param");
    return c.json(await revokeKey(c.get("service"), c.get("caller"), id, once), 200);
  });
}
