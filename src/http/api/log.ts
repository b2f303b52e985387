import { z } from "@hono/zod-openapi";
import { viewLog } from "../../services/audit/view-log.ts";
import { type Api, EVERYBODY, json, route } from "./route.ts";

const Log = z
  .object({
    origin: z.string(),
    vkey: z.string().openapi({
      description:
        "The log's public key as verifiers take it (C2SP signed-note): what `suyuan verify` needs.",
    }),
    size: z.int().openapi({ description: "Records under the checkpoint." }),
    checkpoint: z.string().openapi({
      description: "The newest published: a C2SP signed note, verbatim, with the witnesses' cosignatures.",
    }),
    witnesses: z
      .array(z.object({ name: z.string(), cosignedSize: z.int().nullable(), problem: z.string().nullable() }))
      .openapi({ description: "How it stands with each since this service started." }),
  })
  .openapi("Log");

const get = route({
  method: "get",
  path: "/log",
  operationId: "viewLog",
  tags: ["Trace"],
  summary: "The log's public key and newest checkpoint",
  description:
    "Keep the key from a source that you trust, once: a key fetched together with what it is to verify proves nothing.",
  roles: EVERYBODY,
  unapproved: true,
  responses: { 200: json(Log, "The log") },
});

/** `/log`: what outsiders verify with. */
export function logRoutes(api: Api): void {
  api.openapi(get, (c) => c.json(viewLog(c.get("service")), 200));
}
