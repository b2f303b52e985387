import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Context } from "hono";
import type { Role } from "../../custody/vocabulary.ts";
import { Problem } from "../../services/problem.ts";
import type { Idempotent } from "../../services/ledger/writer.ts";
import type { Environment } from "../environment.ts";
import { requireRole } from "../middleware/authentication.ts";

export type Api = OpenAPIHono<Environment>;

/** A router whose validation failures become problems that name the fields. */
export function newApi(): Api {
  return new OpenAPIHono<Environment>({
    defaultHook: (result) => {
      if (result.success) return;
      const fields = result.error.issues.map((issue) => ({
        field: issue.path.join(".") || result.target,
        problem: issue.message,
      }));
      const names = fields.map((field) => field.field).join(", ");
      throw new Problem("invalid_request", `not valid: ${names}`, { fields });
    },
  });
}

const ProblemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    remedy: z.string(),
    instance: z.string(),
    errors: z
      .array(z.object({ field: z.string(), problem: z.string(), expected: z.string().optional() }))
      .optional(),
  })
  .openapi("Problem");

interface Access {
  /** Who may call; `anonymous` means everybody. The role matrix test reads it from the document. */
  roles: readonly (Role | "anonymous")[];
}

/** A route of the API with what all have: roles, security, and the problem document for every failure. */
export function route<const R extends RouteConfig>(config: R & Access) {
  const { roles, ...rest } = config;
  return createRoute({
    ...rest,
    middleware: [requireRole(roles)] as const,
    "x-suyuan-roles": roles,
    security: roles.includes("anonymous") ? [{}, { bearer: [] }] : [{ bearer: [] }],
    responses: {
      ...config.responses,
      default: {
        description: "A problem (RFC 9457)",
        content: { "application/problem+json": { schema: ProblemDocument } },
      },
    },
  } as unknown as R);
}

/** The response part of a route that answers JSON. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** The request part of a route that takes a JSON body. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } };
}

export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .openapi({ description: "A retry with the same key gets the first answer and does nothing again." }),
});

/** The idempotency of a request: its key in the caller's name, and the digest of what was asked. */
export async function idempotent(c: Context<Environment>): Promise<Idempotent | undefined> {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return undefined;
  if (key.length < 1 || key.length > 255)
    throw new Problem("invalid_request", "Idempotency-Key must have 1 to 255 characters");
  const { sha256 } = c.get("service").platform;
  const body = new Uint8Array(await c.req.arrayBuffer());
  const digest = sha256(concatBytes(utf8ToBytes(`${c.req.method} ${c.req.path}\n`), body));
  const caller = c.get("caller");
  return { owner: caller.key || "anonymous", key, requestDigest: bytesToHex(digest) };
}

export const PageQuery = z.object({
  cursor: z.string().max(200).optional().openapi({ description: "From the `next` link of the page before." }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** Sets `Link: rel="next"` where there is more, and gives the cursor for the body. */
export function nextPage(c: Context<Environment>, cursor: string | null): string | null {
  if (cursor === null) return null;
  const url = new URL(c.req.url);
  url.searchParams.set("cursor", cursor);
  c.header("Link", `<${url.pathname}${url.search}>; rel="next"`);
  return cursor;
}
