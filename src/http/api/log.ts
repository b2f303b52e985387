import { z } from "@hono/zod-openapi";
import { viewLog } from "../../services/audit/view-log.ts";
import { type Api, EVERYBODY, json, route } from "./route.ts";

const Log = z
  .object({
    origin: z.string(),
    vkey: z.string().openapi({
      description: "The log's public key in C2SP signed-note notation, for `suyuan verify`.",
    }),
    size: z.int().openapi({ description: "Number of records that the checkpoint covers." }),
    checkpoint: z.string().openapi({
      description:
        "The newest published checkpoint: a C2SP signed note with the witnesses' cosignatures, verbatim.",
    }),
    witnesses: z
      .array(z.object({ name: z.string(), cosignedSize: z.int().nullable(), problem: z.string().nullable() }))
      .openapi({ description: "State of each witness since this service started." }),
  })
  .openapi("Log");

const get = route({
  method: "get",
  path: "/log",
  operationId: "viewLog",
  tags: ["Trace"],
  summary: "Read the log's public key and newest checkpoint",
  description:
    "Get the key once from a source that you trust, and keep it: a key fetched together with a bundle proves nothing about the bundle.",
  roles: EVERYBODY,
  unapproved: true,
  responses: { 200: json(Log, "The log") },
});

/** `/log`: the key and checkpoint for verifiers. */
export function logRoutes(api: Api): void {
  api.openapi(get, (c) => c.json(viewLog(c.get("service")), 200));
}
