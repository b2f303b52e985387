import { z } from "@hono/zod-openapi";
import { FILE_TYPES } from "../../services/custody/file-type.ts";
import { getFile, MAX_FILE_BYTES, storeFile } from "../../services/custody/files.ts";
import { Problem } from "../../services/problem.ts";
import { line } from "./fields.ts";
import { type Api, EVERYBODY, json, route, writeRequest } from "./route.ts";

const tags = ["Custody"];
const File = z
  .object({ digest: z.string(), mediaType: z.string(), name: z.string(), sizeBytes: z.int() })
  .openapi("File");

const MAX_NAME_CHARACTERS = 120;
/** Soft hyphens, zero-width spaces and marks, and joiners that no letter needs (UAX 31, 2.3): nobody sees them. */
const INVISIBLE =
  /[\u00AD\u061C\u180E\u200B\u200E\u200F\u2060-\u206F\uFEFF]|(?<![\p{L}\p{M}])[\u200C\u200D]|[\u200C\u200D](?![\p{L}\p{M}])/u;

/** A file's name, and no path: browsers save a download under it. */
const FileName = z
  .string()
  .max(MAX_NAME_CHARACTERS)
  .pipe(
    line(MAX_NAME_CHARACTERS)
      .refine((name) => !INVISIBLE.test(name), "must have no invisible characters")
      .refine(
        (name) => !/[/\\]/.test(name) && !/^\.+$/.test(name),
        "must be a file's name without a path: no / and no \\",
      ),
  )
  .openapi({ type: "string", minLength: 1, maxLength: MAX_NAME_CHARACTERS });

/** Any media type. Listed one by one, JSON would be parsed as a body of fields. */
const ANY_FILE = { "*/*": { schema: z.string().openapi({ format: "binary" }) } };

const store = route({
  method: "post",
  path: "/files",
  operationId: "storeFile",
  tags,
  summary: "Store a report or certificate",
  description: `The body is the file: at most ${MAX_FILE_BYTES} bytes of type ${FILE_TYPES.join(", ")}. Its content must be of the type that Content-Type says. Records name it by its SHA-256.`,
  roles: ["enterprise", "assessor", "authority"],
  maxBodyBytes: MAX_FILE_BYTES,
  request: {
    query: z.strictObject({ name: FileName.default("report") }),
    body: { required: true, content: ANY_FILE },
  },
  responses: { 201: json(File, "Stored") },
});

const get = route({
  method: "get",
  path: "/files/{digest}",
  operationId: "getFile",
  tags,
  summary: "Fetch a file by its digest",
  description:
    "No key is needed: the digest is in the public part of the record that names the file. Name and type are those that the caller gave it, or those of the organisation in `by`.",
  roles: EVERYBODY,
  unapproved: true,
  request: {
    params: z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/) }),
    query: z.strictObject({
      by: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .openapi({ description: "The id of an organisation that stored the file." }),
    }),
  },
  responses: {
    200: { description: "The file", content: ANY_FILE },
  },
});

/** Escapes also the characters that encodeURIComponent keeps and RFC 8187, 3.2.1, does not allow in a header. */
function extValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Third-party reports and other files: digest in the record, bytes in the store. */
export function fileRoutes(api: Api): void {
  api.openapi(store, async (c) => {
    const mediaType = c.req.header("Content-Type");
    if (mediaType === undefined)
      throw new Problem("unsupported_media_type", "Content-Type is missing: send the media type of the file");
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const stored = await storeFile(
      c.get("service"),
      c.get("caller"),
      bytes,
      mediaType,
      c.req.valid("query").name,
      writeRequest(c),
    );
    c.header("Location", `/v1/files/${stored.digest}`);
    return c.json(stored, 201);
  });
  api.openapi(get, (c) => {
    const { digest } = c.req.valid("param");
    const row = getFile(c.get("service"), c.get("caller"), digest, c.req.valid("query").by);
    return c.body(new Uint8Array(row.bytes), 200, {
      "Content-Type": row.mediaType,
      // Uploaded by others: browsers must download it, never run it in this origin.
      "Content-Disposition": `attachment; filename*=UTF-8''${extValue(row.name)}`,
      // The bytes never change; the name depends on the caller.
      "Cache-Control": "private, max-age=31536000, immutable",
      Vary: "Authorization",
    });
  });
}
