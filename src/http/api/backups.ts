import { z } from "@hono/zod-openapi";
import { Time } from "./fields.ts";
import { type Api, json, route } from "./route.ts";

const Backup = z
  .object({
    file: z.string().openapi({ description: "Absolute path on the service's machine." }),
    sizeBytes: z.int(),
    at: Time,
  })
  .openapi("Backup");

const make = route({
  method: "post",
  path: "/backups",
  operationId: "makeBackup",
  tags: ["Operation"],
  summary: "Copy the live store into a file on the service's machine",
  description:
    "Consistent, and made while the service goes on. The keys are not in it: they are files of their own, in the data " +
    "folder, to be kept apart. It takes no Idempotency-Key: every call makes a copy.",
  roles: ["operator"],
  responses: { 201: json(Backup, "Made") },
});

/** `/backups`: the operator's. */
export function backupRoutes(api: Api): void {
  api.openapi(make, async (c) => c.json(await c.get("service").makeBackup(), 201));
}
