import { z } from "@hono/zod-openapi";
import { VERDICTS } from "../../scan/answer.ts";
import type { Service } from "../../services/service.ts";
import { questionOf } from "../pages/consumer/counting.ts";
import { jsonResponse } from "../pages/consumer/scan-routes.ts";
import { type Api, described, EVERYBODY, json } from "./route.ts";

const Names = z.object({ zh: z.string().optional(), en: z.string().optional() });

/** The answer to a scan. scan/answer-json.ts writes it; tests compare it with this schema. */
export const ScanAnswerDocument = z
  .strictObject({
    verdict: z.enum(VERDICTS).openapi({
      description:
        "For issued codes the first that applies of: recalled, void (spoiled, destroyed or expired), not_activated, " +
        "suspicious, genuine. Otherwise unknown (never issued) or mistyped (wrong length, character or check character).",
    }),
    reason: z
      .enum([
        "void",
        "destroyed",
        "expired",
        "gtin_mismatch",
        "sampled",
        "character",
        "length",
        "check",
        "link",
      ])
      .optional(),
    position: z
      .int()
      .optional()
      .openapi({ description: "For mistyped: position of the wrong character, from 1." }),
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
        count: z.int().openapi({
          description:
            "Number of people's scans with this one. HEAD requests, link previews, crawlers and prefetches are not counted.",
        }),
        first: z
          .strictObject({
            at: z.string(),
            region: z.string().openapi({
              description:
                "Country or Chinese province of the scanner, such as NZ or CN-GD; `unknown` without a trusted proxy.",
            }),
          })
          .nullable(),
        repeated: z.boolean(),
      })
      .optional(),
    cautions: z
      .array(
        z.strictObject({
          kind: z.enum(["scanned_widely"]).openapi({
            description:
              "Scanned from 3 or more countries, or 10 or more networks: several labels may carry the code.",
          }),
          countries: z.int().openapi({ description: "Countries and regions of the scans, at most 64." }),
          networks: z.int().openapi({
            description: "Networks of the scans after the first (/24 of IPv4, /48 of IPv6), at most 64.",
          }),
          since: z.string().openapi({ description: "The earliest scan in these numbers." }),
          hours: z.int().openapi({ description: "The time that the numbers cover, up to now." }),
        }),
      )
      .optional()
      .openapi({
        description:
          "Patterns of anonymous scans. Anybody can cause them, so they change no verdict. Absent where there is none.",
      }),
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
    "Every verdict has status 200. `GET /01/{gtin}/21/{code}` and `/T/{code}` with `Accept: application/json` answer " +
    "the same.",
  roles: EVERYBODY,
  request: {
    params: z.object({
      code: z
        .string()
        .openapi({ description: "The code as typed: any letter case, with or without dashes." }),
    }),
    query: z.object({
      gtin: z.string().optional().openapi({ description: "The GTIN in the label's link." }),
    }),
  },
  responses: { 200: json(ScanAnswerDocument, "The verdict") },
});

/** `/v1/scan/{code}`: documented like the other calls, but answered without validation by schema. */
export function scanApiRoutes(api: Api, service: Service): void {
  api.openAPIRegistry.registerPath(scanRoute);
  api.get("/scan/:code", (c) =>
    jsonResponse(c, service.scan.answer(c.req.param("code"), questionOf(c, service, c.req.query("gtin")))),
  );
}
