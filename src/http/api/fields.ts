import { z } from "@hono/zod-openapi";
import { CATEGORIES } from "../../core/goods/category.ts";

/**
 * Controls, line breaks, lone surrogates, and the marks that change the order in which text is shown (Unicode Standard
 * Annex 9, 2.1 to 2.4): with those, one name can look like another.
 */
const NOT_IN_A_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

/** A text of one line: NFC, trimmed, with at least one visible character. */
export function line(maxLength: number) {
  return z
    .string()
    .normalize("NFC")
    .trim()
    .min(1)
    .max(maxLength)
    .refine(
      (text) => !NOT_IN_A_LINE.test(text),
      "must be one line, without control characters, bidirectional controls or lone surrogates",
    )
    .refine((text) => /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u.test(text), {
      error: "must have a visible character",
      // An empty text already has its own message.
      when: ({ value }) => value !== "",
    });
}

export const Names = z
  .strictObject({ zh: line(200).optional(), en: line(200).optional() })
  .refine((names) => names.zh !== undefined || names.en !== undefined, {
    message: "must have a name in zh or en",
  })
  .openapi("Names", { description: "Names by language; at least one." });

export const Country = z.string().max(10).openapi({ description: "ISO 3166-1 alpha-2.", example: "NZ" });
export const Gtin = z
  .string()
  .max(20)
  .openapi({ description: "GTIN of 8, 12, 13 or 14 digits; answers show 14.", example: "9520001000010" });
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

/** An id in a path. An unknown id is answered with not_found. */
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
