import { z } from "@hono/zod-openapi";
import { codeRun, type CodeRun, printedCodes } from "../../services/codes/code-run.ts";
import { MAX_QUANTITY } from "../../services/codes/order.ts";
import { tryPin } from "../../services/codes/try-pin.ts";
import { invalid } from "../../services/problem.ts";
import { BatchId } from "./batches.ts";
import { CODE_FORMATS, codeText, REPRESENTATIONS } from "./code-stream.ts";
import { Time } from "./fields.ts";
import type { SharedStreams } from "./shared-streams.ts";
import { type Api, EVERYBODY, json, jsonBody, queryInteger, route, writeRequest } from "./route.ts";

const tags = ["Codes and labels"];
const FILE_CONTENT = { schema: z.string() };

const position = queryInteger(0, MAX_QUANTITY - 1).optional();

/** Selects codes of a batch, with or without their PINs. */
export const RunQuery = z.strictObject({
  first: position.openapi({ description: "Position of the first code, from 0." }),
  last: position.openapi({ description: "Position of the last code, included." }),
  pin: z
    .enum(["true", "false"])
    .transform((flag) => flag === "true")
    .optional()
    .openapi({ description: "True to include PINs, for a batch that was ordered with them." }),
});

const stream = route({
  method: "get",
  path: "/batches/{id}/codes",
  operationId: "fetchCodes",
  tags,
  summary: "Fetch a batch's codes",
  description:
    "A stream of the whole batch or a range, as often as needed. CSV has the columns position, code, url and, with `pin=true`, pin. Codes are bearer secrets: only the enterprise that ordered them can fetch them, not the authority and not the operator. An enterprise may have 8 downloads open; one that takes nothing for 30 s is cut off.",
  roles: ["enterprise"],
  request: { params: BatchId, query: RunQuery.extend({ format: z.enum(CODE_FORMATS).default("csv") }) },
  responses: {
    200: {
      description: "The codes",
      content: {
        "text/csv": FILE_CONTENT,
        "application/x-ndjson": FILE_CONTENT,
        "text/plain": FILE_CONTENT,
      },
    },
  },
});

const PinAnswer = z
  .object({
    outcome: z.enum(["opened", "already_opened", "wrong", "locked"]),
    openedAt: Time.optional(),
    triesLeft: z.int().optional(),
    nextTryAt: Time.optional(),
  })
  .openapi("PinAnswer");

const pin = route({
  method: "post",
  path: "/scan/{code}/pin",
  operationId: "tryPin",
  tags: ["Scan"],
  summary: "Try the PIN under a label's scratch-off patch",
  description:
    "No key is needed. Five wrong tries of a code are free. Then an address waits after each of its own wrong tries: a minute, ten, an hour, a day. An address that has not tried wrongly never waits. The right PIN answers whether it was entered before, and when. This call takes no Idempotency-Key: every call counts as a try.",
  roles: EVERYBODY,
  request: {
    params: z.object({ code: z.string().min(1).max(100) }),
    body: jsonBody(z.strictObject({ pin: z.string().max(20) })),
  },
  responses: { 200: json(PinAnswer, "The outcome of the try") },
});

/** `/batches/{id}/codes` and the PIN. */
export function codeRoutes(api: Api, streams: SharedStreams): void {
  api.openapi(stream, (c) => {
    const { format, ...input } = c.req.valid("query");
    const service = c.get("service");
    if (format === "text" && input.pin === true)
      throw invalid("pin", "is not possible with format text", "format csv or ndjson");
    const run = codeRun(service, c.get("caller"), c.req.valid("param").id, input);
    const { mediaType, extension } = REPRESENTATIONS[format];
    const parts = codeText(printedCodes(service, run), format, run.withPins);
    const headers = attachment(run, mediaType, extension);
    // The body of a HEAD would take a place and never be read.
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    return c.body(streams.stream(streams.enter(c), parts), 200, headers);
  });
  api.openapi(pin, async (c) => {
    const service = c.get("service");
    const { code } = c.req.valid("param");
    const network = c.get("client").subscriber;
    return c.json(await tryPin(service, code, c.req.valid("json").pin, network, writeRequest(c)), 200);
  });
}

/** Headers of a file. Its name has the batch and the first and last position. */
export function attachment(run: CodeRun, mediaType: string, extension: string): Record<string, string> {
  const name = `${run.batch.id}-${run.first}-${run.end - 1}.${extension}`;
  return { "Content-Type": mediaType, "Content-Disposition": `attachment; filename="${name}"` };
}
