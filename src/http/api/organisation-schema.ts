import { z } from "@hono/zod-openapi";
import { ACTIVITIES } from "../../services/filing/view.ts";
import { listOf } from "./bounded.ts";
import { Country, FieldWarning, identifier, line, Names, Time } from "./fields.ts";

export const OrganisationStatus = z.enum(["requested", "approved", "declined", "suspended"]);

const Contact = z.strictObject({
  name: line(100),
  phone: line(40).optional(),
  email: z.string().max(200, { abort: true }).check(z.email()).optional().openapi({ format: "email" }),
});

/** The fields with which every organisation files itself. */
export const organisationFields = {
  names: Names,
  identity: z.strictObject({ scheme: line(20), value: line(60) }).openapi({
    description:
      "Scheme `uscc` (mainland China), `gln`, `lei` or `national`. One number belongs to one approved organisation.",
  }),
  country: Country,
  province: identifier()
    .optional()
    .openapi({ description: "ISO 3166-2:CN. Derived from a USCC where one is given." }),
  customsRegistration: identifier().optional(),
  activities: listOf(z.enum(ACTIVITIES), ACTIVITIES.length).optional(),
  address: line(500).optional(),
  contacts: listOf(Contact, 10).optional(),
};

export const Organisation = z
  .object({
    id: z.string(),
    role: z.enum(["enterprise", "assessor", "authority"]),
    status: OrganisationStatus,
    names: z.object({ zh: z.string().optional(), en: z.string().optional() }),
    country: z.string(),
    activities: z.array(z.enum(ACTIVITIES)),
    signingKey: z.string().nullable().openapi({ description: "Ed25519, base64." }),
    identity: z.object({ scheme: z.string(), value: z.string() }).optional(),
    province: z.string().nullable().optional(),
    customsRegistration: z.string().optional(),
    address: z.string().optional(),
    contacts: z
      .array(z.object({ name: z.string(), phone: z.string().optional(), email: z.string().optional() }))
      .optional(),
    terms: z.object({ quota: z.int(), autoApprove: z.boolean() }).optional(),
    reason: z.string().optional(),
    warnings: z.array(FieldWarning).optional(),
    filedAt: Time.optional(),
    decidedAt: Time.optional(),
  })
  .openapi("Organisation", {
    description:
      "`identity` and the members after it are shown to the organisation itself, the authority and the operator only.",
  });

export const ApiKey = z
  .object({
    id: z.string(),
    organisation: z.string(),
    role: z.enum(["enterprise", "assessor", "authority", "operator"]),
    label: z.string(),
    createdAt: Time,
    revokedAt: Time.optional(),
  })
  .openapi("ApiKey");

export const NewApiKey = ApiKey.extend({
  secret: z.string().nullable().openapi({
    description:
      "Not stored. A repeated Idempotency-Key gets it again for 24 hours, until it is first used, and null later. Without an API key only an Idempotency-Key of at least 22 random characters, such as a UUID, gets it again.",
  }),
}).openapi("NewApiKey");

export const FiledOrganisation = z
  .object({ organisation: Organisation, apiKey: NewApiKey })
  .openapi("FiledOrganisation");
