import { z } from "@hono/zod-openapi";
import { groupCode } from "../../code/alphabet.ts";
import type { Label } from "../../labels/label.ts";
import { labelSheetPdf, MAX_LABELS_PER_PDF } from "../../labels/pdf.ts";
import { sheetById, SHEETS } from "../../labels/sheet.ts";
import { labelSvg } from "../../labels/svg.ts";
import { labelZpl, type ZplMedia, zplStream } from "../../labels/zpl.ts";
import { codeRun, type CodeRun, printedCodes } from "../../services/codes/code-run.ts";
import { invalid, Problem } from "../../services/problem.ts";
import type { Service } from "../../services/service.ts";
import { BatchId } from "./batches.ts";
import { textStream } from "./code-stream.ts";
import { attachment, RunQuery } from "./codes.ts";
import { type Api, EVERYBODY, json, route } from "./route.ts";

const tags = ["Codes and labels"];
const FILE_CONTENT = { schema: z.string().openapi({ format: "binary" }) };
const sheetIds = SHEETS.map(({ id }) => id) as [string, ...string[]];

const millimetres = z.coerce.number().min(5).max(300);

const LabelQuery = RunQuery.extend({
  format: z.enum(["pdf", "svg", "zpl"]).default("pdf"),
  caption: z.string().max(200).optional().openapi({ description: "One short line under the code." }),
  sheet: z.enum(sheetIds).default("avery-l7160").openapi({ description: "PDF: a grid of /v1/label-sheets." }),
  startAt: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .openapi({ description: "PDF: the first cell to print on, for a sheet that was begun." }),
  dpi: z
    .enum(["203", "300", "600"])
    .default("203")
    .openapi({ description: "ZPL: the print head's density." }),
  widthMm: millimetres.optional().openapi({ description: "SVG (25) and ZPL (50): the label's width." }),
  heightMm: millimetres.default(30).openapi({ description: "ZPL: the label's height." }),
});

const labels = route({
  method: "get",
  path: "/batches/{id}/labels",
  tags,
  summary: "Labels to print: PDF sheets, SVG, ZPL",
  description: `PDF: at most ${MAX_LABELS_PER_PDF} labels, ask by range. SVG: one label, so first equals last. ZPL: a stream of any length. Only for the enterprise that ordered.`,
  roles: ["enterprise"],
  request: { params: BatchId, query: LabelQuery },
  responses: {
    200: {
      description: "The labels",
      content: {
        "application/pdf": FILE_CONTENT,
        "image/svg+xml": FILE_CONTENT,
        "application/zpl": FILE_CONTENT,
      },
    },
  },
});

const Sheet = z
  .object({
    id: z.string(),
    name: z.string(),
    pageWidthMm: z.number(),
    pageHeightMm: z.number(),
    columns: z.int(),
    rows: z.int(),
    labelWidthMm: z.number(),
    labelHeightMm: z.number(),
    leftMm: z.number(),
    topMm: z.number(),
    pitchXMm: z.number(),
    pitchYMm: z.number(),
  })
  .openapi("LabelSheet");

const sheets = route({
  method: "get",
  path: "/label-sheets",
  tags,
  summary: "The label sheets that PDFs are made for",
  roles: EVERYBODY,
  responses: { 200: json(z.object({ items: z.array(Sheet) }), "All of them") },
});

/** `/batches/{id}/labels` and the sheets. */
export function labelRoutes(api: Api): void {
  api.openapi(sheets, (c) => c.json({ items: [...SHEETS] }, 200));
  api.openapi(labels, async (c) => {
    const { id } = c.req.valid("param");
    const query = c.req.valid("query");
    const service = c.get("service");
    const run = codeRun(service, c.get("caller"), id, query);
    const printed = labelsOf(service, run, query.caption);
    if (query.format === "pdf")
      return c.body(await pdf(printed, run, query), 200, attachment(run, "application/pdf", "pdf"));
    if (query.format === "svg") {
      const [only, ...more] = run.end - run.first === 1 ? printed : [];
      if (only === undefined || more.length > 0)
        throw invalid("last", "is more than one label", "first and last the same: an SVG holds one label");
      const svg = refusing(() => labelSvg(only, { widthMm: query.widthMm }));
      return c.body(svg, 200, attachment(run, "image/svg+xml; charset=utf-8", "svg"));
    }
    const parts = zplParts(service, run, query.caption, {
      dpi: Number(query.dpi) as ZplMedia["dpi"],
      widthMm: query.widthMm ?? 50,
      heightMm: query.heightMm,
    });
    const stream = textStream(parts, () => service.platform.breathe());
    return c.body(stream, 200, attachment(run, "application/zpl; charset=utf-8", "zpl"));
  });
}

function* labelsOf(service: Service, run: CodeRun, caption: string | undefined): Generator<Label> {
  for (const slice of printedCodes(service, run))
    for (const { code, url, pin } of slice) yield { link: url, grouped: groupCode(code), caption, pin };
}

async function pdf(
  printed: Iterable<Label>,
  run: CodeRun,
  { sheet, startAt }: { sheet: string; startAt: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const count = run.end - run.first;
  if (count > MAX_LABELS_PER_PDF)
    throw new Problem("too_large", `one PDF has at most ${MAX_LABELS_PER_PDF} labels, not ${count}`);
  const grid = sheetById(sheet);
  if (grid === undefined) throw invalid("sheet", "is not known", "an id of /v1/label-sheets");
  try {
    return new Uint8Array(await labelSheetPdf(printed, grid, { startAt }));
  } catch (error) {
    throw asProblem(error);
  }
}

/** A part of the stream for every slice of codes. The first label is made at once, so that what is wrong shows before. */
function zplParts(
  service: Service,
  run: CodeRun,
  caption: string | undefined,
  media: ZplMedia,
): AsyncIterator<string> {
  const [first] = labelsOf(service, { ...run, end: run.first + 1 }, caption);
  refusing(() => labelZpl(first as Label, media));
  return zplText(service, run, caption, media);
}

/** Labels that one part of the stream holds: some hundred kilobytes. */
const LABELS_PER_PART = 256;

async function* zplText(service: Service, run: CodeRun, caption: string | undefined, media: ZplMedia) {
  let part: string[] = [];
  for await (const label of zplStream(labelsOf(service, run, caption), media)) {
    part.push(label);
    if (part.length < LABELS_PER_PART) continue;
    yield part.join("");
    part = [];
  }
  if (part.length > 0) yield part.join("");
}

function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw asProblem(error);
  }
}

/** Labels that do not fit and captions that cannot be printed are the caller's; the message says what would be right. */
function asProblem(error: unknown): unknown {
  return error instanceof RangeError ? new Problem("invalid_request", error.message) : error;
}
