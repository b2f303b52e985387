import { z } from "@hono/zod-openapi";
import { VERDICTS } from "../../scan/answer.ts";
import type { Service } from "../../services/service.ts";
import { jsonResponse, questionOf } from "../pages/consumer/scan-routes.ts";
import { type Api, described, EVERYBODY, json } from "./route.ts";

const Names = z.object({ zh: z.string().optional(), en: z.string().optional() });

/** What a scan is answered with. The answer is written by scan/answer-json.ts; tests hold it to this. */
export const ScanAnswerDocument = z
  .strictObject({
    verdict: z.enum(VERDICTS).openapi({
      description:
        "recalled; void (spoiled, destroyed or expired); not_activated; suspicious; genuine; unknown (never issued); " +
        "mistyped (its check character or shape is wrong). The first that applies, in this order, for issued codes.",
    }),
    reason: z
      .enum([
        "void",
        "destroyed",
        "expired",
        "gtin_mismatch",
        "sampled",
        "many_regions",
        "character",
        "length",
        "check",
        "link",
      ])
      .optional(),
    position: z.int().optional().openapi({ description: "mistyped: which character is wrong, from 1" }),
    code: z.string().optional().openapi({ example: "45VF-V6GS-11R1-9J3B" }),
    product: z
      .strictObject({
        gtin: z.string().nullable(),
        name: Names,
        brand: z.string().optional(),
        specification: z.string().optional(),
        category: z.string(),
        originCountry: z.string().optional(),
      })
      .optional(),
    batch: z
      .strictObject({
        id: z.string(),
        lot: z.string(),
        productionDate: z.string().optional(),
        expiryDate: z.string().optional(),
        tradeMode: z.string(),
      })
      .optional(),
    enterprise: z.strictObject({ id: z.string(), name: Names }).optional(),
    scans: z
      .strictObject({
        count: z
          .int()
          .openapi({ description: "This scan included. HEAD requests and prefetches are no scans." }),
        first: z
          .strictObject({
            at: z.string(),
            region: z.string().openapi({ description: "NZ, CN-GD, or unknown" }),
          })
          .nullable(),
        repeated: z.boolean(),
      })
      .optional(),
    recall: z
      .strictObject({
        id: z.string(),
        level: z.number().optional(),
        reason: z.string().optional(),
        advice: z.string().optional(),
        since: z.string(),
      })
      .optional(),
    links: z.strictObject({ page: z.string(), trace: z.string().optional() }),
  })
  .openapi("ScanAnswer");

const scanRoute = described({
  method: "get",
  path: "/scan/{code}",
  operationId: "scanCode",
  tags: ["Scan"],
  summary: "Scan a code: is it genuine, recalled, scanned before?",
  description:
    "Every verdict has status 200: a verdict is an answer. The same as GET /01/{gtin}/21/{code} or /T/{code} with " +
    "`Accept: application/json`.",
  roles: EVERYBODY,
  request: {
    params: z.object({
      code: z.string().openapi({ description: "As typed: any letter case, with or without dashes" }),
    }),
    query: z.object({
      gtin: z.string().optional().openapi({ description: "The GTIN that the label's link names" }),
    }),
  },
  responses: { 200: json(ScanAnswerDocument, "The verdict") },
});

/** `/v1/scan/{code}`: in the document like the other calls, but nothing is validated on the way to the answer. */
export function scanApiRoutes(api: Api, service: Service): void {
  api.openAPIRegistry.registerPath(scanRoute);
  api.get("/scan/:code", (c) =>
    jsonResponse(c, service.scan.answer(c.req.param("code"), questionOf(c, service, c.req.query("gtin")))),
  );
}
