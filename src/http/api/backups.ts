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
  summary: "Back up the store to a file on the service's machine",
  description:
    "The copy is consistent and is made while the service runs. It does not contain the keys: they are separate files in " +
    "the data folder; back them up elsewhere. This call takes no Idempotency-Key: every call makes a copy.",
  roles: ["operator"],
  responses: { 201: json(Backup, "Made") },
});

/** `/backups`: for the operator. */
export function backupRoutes(api: Api): void {
  api.openapi(make, async (c) => c.json(await c.get("service").makeBackup(), 201));
}
