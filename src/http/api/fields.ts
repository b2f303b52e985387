import { z } from "@hono/zod-openapi";
import { IdentifierError } from "../../core/goods/identifier.ts";
import { readTime } from "../../core/goods/time.ts";
import { readLine, TextError } from "../../core/text.ts";
import { CATEGORIES } from "../../core/goods/category.ts";

/** A text of one line, as `readLine` reads it: NFC, trimmed, only characters that show. */
export function line(maxLength: number) {
  return text((given) => readLine(given, maxLength)).openapi({ minLength: 1, maxLength });
}

/** A moment of RFC 3339 with a zone, as `readTime` reads it. */
export const Moment = text(readTime).openapi({ example: "2026-11-01T09:30:00+08:00" });

/** A text as `read` returns it. What `read` throws becomes the problem of the field. */
function text(read: (given: string) => string) {
  return z.string().check((payload) => {
    try {
      payload.value = read(payload.value);
    } catch (error) {
      if (!(error instanceof TextError || error instanceof IdentifierError)) throw error;
      // Not going on: the checks after this one are for a text that was read.
      payload.issues.push({ code: "custom", message: error.message, input: undefined, continue: false });
    }
  });
}

export const Names = z
  .strictObject({ zh: line(200).optional(), en: line(200).optional() })
  .refine((names) => names.zh !== undefined || names.en !== undefined, {
    message: "must have a name in zh or en",
  })
  .openapi("Names", { description: "Names by language; at least one." });

/** Longest text that is handed to the readers of identifiers, which say what would be right. */
const MAX_IDENTIFIER = 64;

/** An identifier that a reader of `core/goods` judges. */
export function identifier() {
  return z.string().max(MAX_IDENTIFIER);
}

export const Country = identifier().openapi({ description: "ISO 3166-1 alpha-2.", example: "NZ" });
export const Gtin = identifier().openapi({
  description: "GTIN of 8, 12, 13 or 14 digits; answers show 14.",
  example: "9520001000010",
});
export const DateText = identifier().openapi({ description: "YYYY-MM-DD", example: "2026-09-01" });
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
