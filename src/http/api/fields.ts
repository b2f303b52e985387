import { z } from "@hono/zod-openapi";
import { CATEGORIES } from "../../goods/category.ts";

/** What the fields of many resources share. Texts are one line, NFC, without space around. */
export function line(maxLength: number) {
  return z
    .string()
    .normalize("NFC")
    .trim()
    .min(1)
    .max(maxLength)
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u,
      "must be one line, without control characters or lone surrogates",
    );
}

export const Names = z
  .strictObject({ zh: line(200).optional(), en: line(200).optional() })
  .refine((names) => names.zh !== undefined || names.en !== undefined, {
    message: "must have a name in zh or en",
  })
  .openapi("Names", { description: "By language; at least one." });

export const Country = z.string().max(10).openapi({ description: "ISO 3166-1 alpha-2.", example: "NZ" });
export const Gtin = z
  .string()
  .max(20)
  .openapi({ description: "GTIN of 8, 12, 13 or 14 digits; answered with 14.", example: "9520001000010" });
export const DateText = z.string().max(20).openapi({ description: "YYYY-MM-DD", example: "2026-09-01" });
export const CategoryCode = z.enum(
  CATEGORIES.map(({ code }) => code) as ["food", "consumer_goods", "vehicles"],
);
export const Time = z.string().openapi({ format: "date-time", description: "RFC 3339, UTC." });

export const FieldWarning = z.object({
  field: z.string(),
  problem: z.string(),
  expected: z.string().optional(),
});

export const Decision = z
  .discriminatedUnion("decision", [
    z.strictObject({ decision: z.literal("approve") }),
    z.strictObject({ decision: z.literal("decline"), reason: line(1000) }),
  ])
  .openapi("Decision", { description: "Declining takes a reason, which the one it concerns reads." });

/** An id of ours in a path. What is no id of ours names nothing. */
export function idParam(example: string) {
  return z.object({ id: z.string().min(1).max(64).openapi({ example }) });
}

/** A page of a list. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().openapi({ description: "The cursor of the next page; null on the last." }),
  });
}
