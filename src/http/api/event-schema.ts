import { z } from "@hono/zod-openapi";
import { isDate } from "../../core/goods/date.ts";
import { CORRECTION_REASONS, REPORTABLE } from "../../core/custody/vocabulary.ts";
import { MAX_EVENTS } from "../../services/custody/record-events.ts";
import { CategoryCode, line } from "./fields.ts";

const position = z.int().min(0);
const code = z.string().min(1).max(64).openapi({ example: "45VF-V6GS-11R1-9J3B" });
const unit = z.string().min(1).max(120).openapi({
  description:
    "`sscc:` and 18 digits, `container:` and an ISO 6346 number, or `lpn:` and a number of your own.",
  example: "container:CSQU3054383",
});
const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hex");

/** RFC 3339 with a zone, and a date that exists. */
const Time = z
  .string()
  .max(40)
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, {
    error: "must be RFC 3339 with seconds and a zone",
    abort: true,
  })
  // Date.parse reads 30 February as 2 March, and 24:00 as the next day.
  .refine(
    (text) => isDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)) && !/T24/.test(text),
    "must be a time that exists",
  )
  .openapi({ example: "2026-11-01T09:30:00+08:00" });

export const SubjectSchema = z
  .union([
    z.strictObject({ batch: line(64), first: position, last: position }),
    z.strictObject({ batch: line(64) }),
    z.strictObject({ firstCode: code, lastCode: code }),
    z.strictObject({ codes: z.array(code).min(1).max(3000) }),
    z.strictObject({ unit }),
  ])
  .openapi("Subject", {
    description:
      "A batch; positions of a batch; the first and last code of a run; a list of codes; or a logistic unit. Positions are those of the codes' CSV: from 0, both ends included. A run in printing order is stored as one segment; scattered codes cost a row each.",
  });

export const PlaceSchema = z
  .strictObject({
    country: z.string().max(2).optional(),
    locode: z.string().max(5).optional(),
    gln: z.string().max(13).optional(),
    name: line(200).optional(),
  })
  .openapi("Place");

export const ReportSchema = z
  .strictObject({
    title: line(200),
    number: line(100).optional(),
    result: z.enum(["conformant", "non_conformant"]).optional(),
    standard: line(200).optional(),
    digest,
  })
  .openapi("Report", { description: "A report or certificate. Store its file with `POST /v1/files` first." });

export const TierSchema = z.enum(["owner", "parties", "authority"]);
const fieldName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_./-]{0,63}$/, "must begin with a letter; letters, digits and _./- after it");
const fieldMap = z
  .record(fieldName, line(1000))
  .refine((fields) => Object.keys(fields).length <= 50, "may have at most 50 fields");

const DeclarationSchema = z
  .strictObject({
    number: line(30).optional().openapi({
      description:
        "The customs declaration (18 digits), the e-commerce inventory (I or E at position 9) or the pre-entry number.",
      example: "516520261000000001",
    }),
    tradeMode: z.string().max(4),
    category: CategoryCode.optional(),
    customsOffice: z.string().max(4).optional(),
    declaredOn: z.string().max(10).optional(),
    originCountry: z.string().max(2).optional(),
    totalValue: z
      .strictObject({
        amount: z.string().max(24),
        currency: z.string().max(3),
        usdRate: z.string().max(24).optional(),
        usdRateOn: z.string().max(10).optional(),
      })
      .optional(),
    transport: z
      .strictObject({
        vehicleNo: line(100).optional(),
        voyageNo: line(32).optional(),
        billNo: line(37).optional(),
      })
      .optional(),
    preference: z.enum(["CEPA"]).optional(),
    certificateOfOrigin: z
      .strictObject({
        no: line(60).optional(),
        issuingBody: line(200).optional(),
        issuedOn: z.string().max(10).optional(),
        expiresOn: z.string().max(10).optional(),
      })
      .optional(),
  })
  .openapi("Declaration");

export const EventSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[\x21-\x7e]{1,100}$/, "must be 1 to 100 visible ASCII characters")
      .optional(),
    kind: z.enum(REPORTABLE as [string, ...string[]]),
    at: Time,
    subjects: z.array(SubjectSchema).max(1000),
    into: unit.optional(),
    from: unit.optional(),
    outputs: z.array(SubjectSchema).min(1).max(1000).optional(),
    to: line(64).optional(),
    carrier: line(64).optional(),
    corrects: z.strictObject({ id: line(100), organisation: line(64).optional() }).optional(),
    reason: z.enum(CORRECTION_REASONS).optional(),
    replacement: z.array(line(100)).min(1).max(100).optional(),
    disposition: z
      .url({ protocol: /^(https?|urn)$/, error: "must be a URI: https, http or urn" })
      .max(200)
      .optional()
      .openapi({
        description: "A disposition of CBV 2.0 or another vocabulary that replaces the kind's default.",
      }),
    place: PlaceSchema.optional(),
    reports: z.array(ReportSchema).min(1).max(20).optional(),
    documents: z
      .array(z.strictObject({ type: line(50), number: line(100), tier: TierSchema.optional() }))
      .min(1)
      .max(20)
      .optional(),
    declaration: DeclarationSchema.optional(),
    readings: z
      .array(
        z.strictObject({
          type: line(50),
          value: z.string().regex(/^-?\d{1,12}(\.\d{1,6})?$/, "must be a decimal number in quotes"),
          unit: z.string().max(3),
          at: Time.optional(),
          device: line(100).optional(),
        }),
      )
      .min(1)
      .max(100)
      .optional(),
    seal: z
      .strictObject({ class: z.enum(["I", "S", "H"]), manufacturer: line(60), number: line(40) })
      .optional(),
    fields: fieldMap.optional(),
    sealed: z
      .strictObject({
        owner: fieldMap.optional(),
        parties: fieldMap.optional(),
        authority: fieldMap.optional(),
      })
      .optional(),
  })
  .openapi("Event");

const part = z.enum(["parent", "input", "output"]).optional();
const StatementSchema = z
  .strictObject({
    kind: z.enum(REPORTABLE as [string, ...string[]]),
    id: z.string().max(100),
    at: Time,
    actor: z.strictObject({ organisation: z.string().max(64), by: z.string().max(64) }),
    subjects: z
      .array(
        z.union([
          z.strictObject({
            batch: z.string().max(64),
            segments: z.array(z.tuple([position, position])).min(1),
            as: part,
          }),
          z.strictObject({ unit: digest, as: part }),
        ]),
      )
      .min(1),
    public: z.record(z.string(), z.unknown()),
    sealed: z.array(z.string().max(64)).max(200),
  })
  .openapi("Statement", { description: "The statement that `POST /v1/events/prepare` returned, unchanged." });

export const PreparedSchema = z
  .strictObject({
    statement: StatementSchema,
    disclosures: z
      .array(z.strictObject({ digest: z.string(), tier: TierSchema, text: z.string().max(10_000) }))
      .max(200),
  })
  .openapi("PreparedEvent");

// Written out: an `allOf` of two closed objects, as `extend` would document it, fits nothing.
const SignedSchema = z
  .strictObject({
    ...PreparedSchema.shape,
    signature: z.strictObject({ key: z.string().max(44), value: z.string().max(88) }),
  })
  .openapi("SignedEvent", {
    description:
      "A prepared event with an Ed25519 signature over `suyuan/statement/v1`, the log's origin and the canonical statement, with a line feed between them.",
  });

export const EventsBody = z.strictObject({
  events: z
    .array(z.union([EventSchema, SignedSchema]))
    .min(1)
    .max(MAX_EVENTS),
});
export const PrepareBody = z.strictObject({ events: z.array(EventSchema).min(1).max(MAX_EVENTS) });

export const ReceiptSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    index: z.int().openapi({
      description: "The record's index in the log; its receipt is at `/v1/records/{index}/receipt`.",
    }),
    digest,
    recorded: z.string(),
  })
  .openapi("EventReceipt");
