import { z } from "@hono/zod-openapi";
import { CORRECTION_REASONS, REPORTABLE } from "../../core/custody/vocabulary.ts";
import { MAX_EVENTS } from "../../services/custody/record-events.ts";
import { forms, listOf, mapOf } from "./bounded.ts";
import { plainEvents } from "./plain-events.ts";
import { CategoryCode, identifier, line, Moment } from "./fields.ts";

/** The most subjects of one call, and the most codes that it lists one by one. */
export const MAX_SUBJECTS = 10_000;
export const MAX_CODES = 10_000;

const position = z.int().min(0);
const code = z.string().min(1).max(64).openapi({ example: "45VF-V6GS-11R1-9J3B" });
const unit = z.string().min(1).max(120).openapi({
  description:
    "`sscc:` and 18 digits, `container:` and an ISO 6346 number, or `lpn:` and a number of your own.",
  example: "container:CSQU3054383",
});
const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hex");

export const SubjectSchema = forms([
  z.strictObject({ batch: line(64), first: position, last: position }),
  z.strictObject({ batch: line(64) }),
  z.strictObject({ firstCode: code, lastCode: code }),
  z.strictObject({ codes: listOf(code, 3000, 1) }),
  z.strictObject({ unit }),
]).openapi("Subject", {
  description:
    "A batch; positions of a batch; the first and last code of a run; a list of codes; or a logistic unit. Positions are those of the codes' CSV: from 0, both ends included. A run in printing order is stored as one segment; scattered codes cost a row each.",
});

export const PlaceSchema = z
  .strictObject({
    country: identifier().optional(),
    locode: identifier().optional(),
    gln: identifier().optional(),
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
const fieldMap = mapOf(fieldName, line(1000), 50);

const DeclarationSchema = z
  .strictObject({
    number: line(30).optional().openapi({
      description:
        "The customs declaration (18 digits), the e-commerce inventory (I or E at position 9) or the pre-entry number.",
      example: "516520261000000001",
    }),
    tradeMode: identifier(),
    category: CategoryCode.optional(),
    customsOffice: identifier().optional(),
    declaredOn: identifier().optional(),
    originCountry: identifier().optional(),
    totalValue: z
      .strictObject({
        amount: identifier(),
        currency: identifier(),
        usdRate: identifier().optional(),
        usdRateOn: identifier().optional(),
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
        issuedOn: identifier().optional(),
        expiresOn: identifier().optional(),
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
    at: Moment,
    subjects: listOf(SubjectSchema, 1000),
    into: unit.optional(),
    from: unit.optional(),
    outputs: listOf(SubjectSchema, 1000, 1).optional(),
    to: line(64).optional(),
    carrier: line(64).optional(),
    corrects: z.strictObject({ id: line(100), organisation: line(64).optional() }).optional(),
    reason: z.enum(CORRECTION_REASONS).optional(),
    replacement: listOf(line(100), 100, 1).optional(),
    disposition: z
      .string()
      .max(200, { abort: true })
      .refine(isUri, "must be a URI: https, http or urn, in ASCII")
      .optional()
      .openapi({
        format: "uri",
        description: "A disposition of CBV 2.0 or another vocabulary that replaces the kind's default.",
      }),
    place: PlaceSchema.optional(),
    reports: listOf(ReportSchema, 20, 1).optional(),
    documents: listOf(
      z.strictObject({ type: line(50), number: line(100), tier: TierSchema.optional() }),
      20,
      1,
    ).optional(),
    declaration: DeclarationSchema.optional(),
    readings: listOf(
      z.strictObject({
        type: line(50),
        value: z
          .string()
          .regex(/^-?\d{1,12}(\.\d{1,6})?$/, 'must be a decimal number in quotes, such as "-18.5"')
          .overwrite(unsignedZero),
        unit: identifier(),
        at: Moment.optional(),
        device: line(100).optional(),
      }),
      100,
      1,
    ).optional(),
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

/** Sensors round -0.04 to -0.0, which is 0. */
function unsignedZero(value: string): string {
  return /^-[0.]+$/.test(value) ? value.slice(1) : value;
}

/** A URI is visible ASCII (RFC 3986); others are percent-encoded. */
function isUri(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text) && URL.canParse(text) && /^(https?|urn):$/.test(new URL(text).protocol);
}

/** An event with subjects, or a prepared one with those of its statement. */
type NamesSubjects =
  | { subjects: readonly object[]; outputs?: readonly object[] | undefined }
  | { statement: { subjects: readonly object[] } };

function codesIn(subject: object): number {
  return "codes" in subject ? (subject.codes as readonly unknown[]).length : 0;
}

/** Bounds the subjects of all events of a call, and the codes that they list. */
function boundedInAll({ value, issues }: z.core.ParsePayload<readonly NamesSubjects[]>): void {
  let subjects = 0;
  let codes = 0;
  for (const event of value) {
    const named =
      "statement" in event ? event.statement.subjects : event.subjects.concat(event.outputs ?? []);
    subjects += named.length;
    for (const subject of named) codes += codesIn(subject);
  }
  const split = "split the call, or name batches, positions or units";
  if (subjects > MAX_SUBJECTS)
    issues.push({
      code: "custom",
      message: `name ${subjects} subjects in all, expected at most ${MAX_SUBJECTS}: ${split}`,
      input: undefined,
    });
  if (codes > MAX_CODES)
    issues.push({
      code: "custom",
      message: `list ${codes} codes in all, expected at most ${MAX_CODES}: ${split}`,
      input: undefined,
    });
}

/** A schema that is asked only where `plain` does not see that a value is right, and unchanged by it. */
function quickly<S extends z.ZodType>(schema: S, plain: (value: unknown) => object | undefined): S {
  const judged = schema._zod.run.bind(schema._zod);
  schema._zod.run = (payload, context) =>
    plain(payload.value) === undefined ? judged(payload, context) : payload;
  return schema;
}

const part = z.enum(["parent", "input", "output"]).optional();
const StatementSchema = z
  .strictObject({
    kind: z.enum(REPORTABLE as [string, ...string[]]),
    id: z.string().max(100),
    at: Moment,
    actor: z.strictObject({ organisation: z.string().max(64), by: z.string().max(64) }),
    subjects: listOf(
      forms([
        z.strictObject({
          batch: z.string().max(64),
          segments: listOf(z.tuple([position, position]), MAX_SUBJECTS, 1),
          as: part,
        }),
        z.strictObject({ unit: digest, as: part }),
      ]),
      MAX_SUBJECTS,
      1,
    ),
    public: mapOf(z.string(), z.unknown(), 50),
    sealed: listOf(z.string().max(64), 200),
  })
  .openapi("Statement", { description: "The statement that `POST /v1/events/prepare` returned, unchanged." });

export const PreparedSchema = z
  .strictObject({
    statement: StatementSchema,
    disclosures: listOf(
      z.strictObject({ digest: z.string().max(64), tier: TierSchema, text: z.string().max(10_000) }),
      200,
    ),
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

export const EventsBody = quickly(
  z.strictObject({
    events: listOf(forms([EventSchema, SignedSchema]), MAX_EVENTS, 1).check(boundedInAll),
  }),
  plainEvents,
);
export const PrepareBody = z.strictObject({ events: listOf(EventSchema, MAX_EVENTS, 1).check(boundedInAll) });

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
