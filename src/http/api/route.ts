import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Role } from "../../core/custody/vocabulary.ts";
import { Problem, PROBLEM_TYPES } from "../../services/problem.ts";
import type { WriteRequest, Written } from "../../services/ledger/transaction.ts";
import type { Environment } from "../environment.ts";
import { requireRole } from "../middleware/authentication.ts";
import { DEFAULT_BODY_BYTES, limitedBody } from "../middleware/limited-body.ts";
import { PROBLEM_BASE } from "../problem.ts";
import { fieldProblems, notValid } from "./field-problems.ts";
import { jsonInput } from "./json-input.ts";

export type Api = OpenAPIHono<Environment>;

/** A router whose validation failures become problems that name the fields. */
export function newApi(): Api {
  const api: Api = new OpenAPIHono<Environment>({
    defaultHook(result, c) {
      if (result.success) return;
      const { error, target } = result;
      throw notValid(fieldProblems(error, { schema: schemaOf(api, c, target), target, above: [] }));
    },
  });
  return api;
}

/** The schema of a part of a request; undefined where the route has none. */
function schemaOf(api: Api, c: Context, target: string): z.ZodType | undefined {
  const path = routePath(c).replace(/^\/v1/, "");
  const method = c.req.method.toLowerCase();
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== "route" || definition.route.method !== method) continue;
    if (definition.route.path.replaceAll("{", ":").replaceAll("}", "") !== path) continue;
    const { body, query } = definition.route.request ?? {};
    const media = body?.content["application/json"] as { schema?: unknown } | undefined;
    return (target === "query" ? query : media?.schema) as z.ZodType | undefined;
  }
  return undefined;
}

/** Reads a value at `field` of the request. @throws Problem that names every wrong field */
export function readField<S extends z.ZodType>(schema: S, value: unknown, field: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw notValid(fieldProblems(result.error, { schema, target: field, above: [field] }));
}

const ProblemDocument = z
  .looseObject({
    type: z.enum(PROBLEM_TYPES.map((type) => PROBLEM_BASE + type) as [string, ...string[]]),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    remedy: z.string(),
    instance: z.string(),
    errors: z
      .array(z.object({ field: z.string(), problem: z.string(), expected: z.string().optional() }))
      .optional(),
  })
  .openapi("Problem", {
    description:
      "RFC 9457. `errors` names each wrong field and what would be right. Some types have more members, such as `contradictions`, or `quota` and `ordered`.",
  });

interface Access {
  /** Roles that may call; `anonymous` means everybody. The role matrix test reads them from the document. */
  roles: readonly (Role | "anonymous")[];
  /** True where an enterprise may call before its filing is approved. */
  unapproved?: boolean;
  /** The largest body that the call reads, decoded; `DEFAULT_BODY_BYTES` where nothing is said. */
  maxBodyBytes?: number;
}

/** Everybody, with or without a key. */
export const EVERYBODY = ["anonymous", "enterprise", "assessor", "authority", "operator"] as const;

/** A route with the parts that all share: roles, security, the problem document, and no unread input. */
export function route<const R extends RouteConfig>(config: R & Access) {
  const takesJson = config.request?.body?.content["application/json"] !== undefined;
  const { maxBodyBytes = DEFAULT_BODY_BYTES } = config;
  return createRoute({
    ...described(config),
    middleware: [
      requireRole(config.roles, config.unapproved ?? false),
      ...(config.request?.query === undefined ? [refuseQuery] : []),
      ...(config.method === "get" ? [] : [limitedBody(maxBodyBytes)]),
      ...(takesJson ? [jsonInput(maxBodyBytes)] : []),
    ],
  } as unknown as R);
}

/** A route as the OpenAPI document describes it. */
export function described(given: RouteConfig & Access): RouteConfig {
  const { roles, unapproved: _unapproved, maxBodyBytes = DEFAULT_BODY_BYTES, ...config } = given;
  const problem = {
    description: "A problem (RFC 9457)",
    content: { "application/problem+json": { schema: ProblemDocument } },
  };
  const written = config.request?.headers === IdempotencyHeader;
  return {
    ...config,
    "x-suyuan-roles": roles,
    ...(config.request?.body === undefined ? {} : { "x-suyuan-max-body-bytes": maxBodyBytes }),
    security: roles.includes("anonymous") ? [{}, { bearer: [] }] : [{ bearer: [] }],
    responses: {
      ...(written ? withWritten(config.responses) : config.responses),
      "4XX": problem,
      "5XX": problem,
    },
  };
}

/** Refuses a query where the call takes none: it would be ignored. */
const refuseQuery: MiddlewareHandler<Environment> = async (c, next) => {
  const names = Object.keys(c.req.queries());
  if (names.length > 0) throw notValid(names.map((field) => ({ field, problem: "unknown parameter" })));
  await next();
};

/** The response part of a route that answers JSON. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** The request part of a route that takes a JSON body. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } };
}

export const IdempotencyHeader = z.object({
  "idempotency-key": z.string().min(1).max(255).optional().openapi({
    description:
      "Makes a retry safe: for 30 days a request with the same key and body gets the first answer and does nothing else.",
  }),
});

/**
 * The write request of a call: its idempotency key with the caller and the digest of the body, and the callback that puts
 * the indexes of new records into the answer's headers.
 * @throws Problem invalid_request for a key of a wrong length
 */
export async function idempotent(c: Context<Environment>): Promise<WriteRequest> {
  const request = writeRequest(c);
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return request;
  if (key.length < 1 || key.length > 255)
    throw new Problem("invalid_request", "Idempotency-Key must have 1 to 255 characters");
  const { sha256 } = c.get("service").platform;
  const body = new Uint8Array(await c.req.arrayBuffer());
  const digest = sha256(concatBytes(utf8ToBytes(`${c.req.method} ${c.req.path}\n`), body));
  const caller = c.get("caller");
  const requestDigest = bytesToHex(digest);
  // Callers without a key do not know one another: another body under the same key is a request of another.
  const owner = caller.key || `anonymous ${requestDigest}`;
  return { ...request, idempotent: { owner, key, requestDigest } };
}

/** The write request of a call that takes no Idempotency-Key. */
export function writeRequest(c: Context<Environment>): WriteRequest {
  const requireAllowed = c.get("requireAllowed");
  return {
    acknowledged: (written: Written): void => nameRecords(c, written),
    ...(requireAllowed === undefined ? {} : { requireAllowed }),
  };
}

/** Names the new records, so that the caller can fetch their receipts. */
function nameRecords(c: Context<Environment>, { first, count }: Written): void {
  const { link, ...record } = recordHeaders(first, count);
  for (const [name, value] of Object.entries(record)) c.header(name, value);
  c.header("link", link, { append: true });
}

/** The headers of an answer that name its new records, consecutive from an index. */
export function recordHeaders(first: number, count: number): { "suyuan-record": string; link: string } {
  return {
    "suyuan-record": count === 1 ? `${first}` : `${first}-${first + count - 1}`,
    link: `</v1/records/${first}/receipt>; rel="receipt"`,
  };
}

/** Headers of the answers to writes. */
const WRITTEN_HEADERS = {
  "Suyuan-Record": {
    description:
      "Log index of the new record, or the first and last index with a dash between them. Absent where the call " +
      "recorded nothing. A repeated Idempotency-Key gets the same.",
    schema: { type: "string", pattern: "^(0|[1-9]\\d*)(-[1-9]\\d*)?$" },
    example: "1042-1045",
  },
  Link: {
    description: 'The receipt of the first new record, `rel="receipt"`.',
    schema: { type: "string" },
    example: '</v1/records/1042/receipt>; rel="receipt"',
  },
} as const;

/** The responses of a call that writes, with their headers. */
function withWritten(responses: RouteConfig["responses"]): RouteConfig["responses"] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      { ...response, headers: WRITTEN_HEADERS },
    ]),
  );
}

/** An integer in a query: decimal digits only. `Number` would also take `""`, `1e3` and `0x10`. */
export function queryInteger(min: number, max: number) {
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/, "must be a whole number, in digits")
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .openapi({ type: "integer", minimum: min, maximum: max });
}

export const PageQuery = z.strictObject({
  cursor: z.string().max(200).optional().openapi({ description: "`next` of the previous page." }),
  limit: queryInteger(1, 200).default(50),
});

/** Sets `Link: rel="next"` where there is another page. @returns the cursor for the body */
export function nextPage(c: Context<Environment>, cursor: string | null): string | null {
  if (cursor === null) return null;
  const url = new URL(c.req.url);
  url.searchParams.set("cursor", cursor);
  c.header("Link", `<${url.pathname}${url.search}>; rel="next"`);
  return cursor;
}
