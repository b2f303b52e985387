import { z } from "@hono/zod-openapi";
import { groupCode } from "../../core/code/alphabet.ts";
import type { Label } from "../../labels/label.ts";
import { cellCount, MAX_LABELS_PER_PDF, type Sheet, sheetById, SHEETS } from "../../labels/sheet.ts";
import { labelSvg } from "../../labels/svg.ts";
import { isWinAnsi } from "../../labels/win-ansi.ts";
import { labelZpl, type ZplMedia, zplStream } from "../../labels/zpl.ts";
import { codeRun, type CodeRun, printedCodes } from "../../services/codes/code-run.ts";
import { invalid, Problem } from "../../services/problem.ts";
import type { Service } from "../../services/service.ts";
import { BatchId } from "./batches.ts";
import { textStream } from "./code-stream.ts";
import { attachment, RunQuery } from "./codes.ts";
import { line } from "./fields.ts";
import { type Api, EVERYBODY, json, queryInteger, route } from "./route.ts";

const tags = ["Codes and labels"];
const FILE_CONTENT = { schema: z.string().openapi({ format: "binary" }) };
const sheetIds = SHEETS.map(({ id }) => id) as [string, ...string[]];

const millimetres = z
  .string()
  .regex(/^[0-9]{1,3}(\.[0-9]{1,3})?$/, "must be millimetres, in plain decimal")
  .transform(Number)
  .pipe(z.number().min(5).max(300))
  .openapi({ type: "number", minimum: 5, maximum: 300 });

const LabelQuery = RunQuery.extend({
  format: z.enum(["pdf", "svg", "zpl"]).default("pdf"),
  caption: line(200).optional().openapi({
    description:
      "One short line under the code. A PDF's own fonts have Latin letters only; SVG and ZPL take any script.",
  }),
  sheet: z
    .enum(sheetIds)
    .optional()
    .openapi({ description: "PDF: a grid of /v1/label-sheets; avery-l7160 unless said." }),
  startAt: queryInteger(0, 1000)
    .optional()
    .openapi({ description: "PDF: the first cell to print on, from 0, for a sheet that was begun." }),
  dpi: z
    .enum(["203", "300", "600"])
    .optional()
    .openapi({ description: "ZPL: the print head's density; 203 unless said." }),
  widthMm: millimetres.optional().openapi({ description: "SVG (25) and ZPL (50): the label's width." }),
  heightMm: millimetres.optional().openapi({ description: "ZPL: the label's height; 30 unless said." }),
});
type LabelQuery = z.infer<typeof LabelQuery>;

/** Fields that mean something for some formats only. */
const ONLY_FOR: readonly [keyof LabelQuery, readonly LabelQuery["format"][]][] = [
  ["sheet", ["pdf"]],
  ["startAt", ["pdf"]],
  ["dpi", ["zpl"]],
  ["widthMm", ["svg", "zpl"]],
  ["heightMm", ["zpl"]],
];

const labels = route({
  method: "get",
  path: "/batches/{id}/labels",
  operationId: "fetchLabels",
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

const SheetSchema = z
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
  operationId: "listLabelSheets",
  tags,
  summary: "The label sheets that PDFs are made for",
  roles: EVERYBODY,
  responses: { 200: json(z.object({ items: z.array(SheetSchema) }), "All of them") },
});

/** `/batches/{id}/labels` and the sheets. */
export function labelRoutes(api: Api): void {
  api.openapi(sheets, (c) => c.json({ items: [...SHEETS] }, 200));
  api.openapi(labels, async (c) => {
    const { id } = c.req.valid("param");
    const query = c.req.valid("query");
    const service = c.get("service");
    checkFormat(query);
    const run = codeRun(service, c.get("caller"), id, query);
    const printed = labelsOf(service, run, query.caption);
    if (query.format === "pdf")
      return c.body(await pdf(printed, run, query), 200, attachment(run, "application/pdf", "pdf"));
    if (query.format === "svg") {
      const [only, ...more] = run.end - run.first === 1 ? printed : [];
      if (only === undefined || more.length > 0)
        throw invalid("last", "is more than one label", "first and last the same: an SVG holds one label");
      const svg = fitting("widthMm", () => labelSvg(only, { widthMm: query.widthMm }));
      return c.body(svg, 200, attachment(run, "image/svg+xml; charset=utf-8", "svg"));
    }
    const parts = zplParts(service, run, query.caption, {
      dpi: Number(query.dpi ?? 203) as ZplMedia["dpi"],
      widthMm: query.widthMm ?? 50,
      heightMm: query.heightMm ?? 30,
    });
    const stream = textStream(parts, () => service.platform.breathe());
    return c.body(stream, 200, attachment(run, "application/zpl; charset=utf-8", "zpl"));
  });
}

function* labelsOf(service: Service, run: CodeRun, caption: string | undefined): Generator<Label> {
  for (const slice of printedCodes(service, run))
    for (const { code, url, pin } of slice) yield { link: url, grouped: groupCode(code), caption, pin };
}

/** What would be ignored is refused instead. */
function checkFormat(query: LabelQuery): void {
  for (const [name, formats] of ONLY_FOR)
    if (query[name] !== undefined && !formats.includes(query.format))
      throw invalid(
        name,
        `has no meaning for ${query.format}`,
        `only ${formats.join(" and ")} labels take it`,
      );
  if (query.format === "pdf" && query.caption !== undefined && !isWinAnsi(query.caption))
    throw invalid(
      "caption",
      "has characters that a PDF's own fonts have not",
      "Latin letters, or svg or zpl",
    );
}

async function pdf(
  printed: Iterable<Label>,
  run: CodeRun,
  { sheet = "avery-l7160", startAt = 0 }: LabelQuery,
): Promise<Uint8Array<ArrayBuffer>> {
  const count = run.end - run.first;
  if (count > MAX_LABELS_PER_PDF) {
    const most = `one PDF has at most ${MAX_LABELS_PER_PDF} labels, not ${count}`;
    const expected = `at most ${run.first + MAX_LABELS_PER_PDF - 1}`;
    throw new Problem("too_large", most, { fields: [{ field: "last", problem: "is too far", expected }] });
  }
  const grid = sheetById(sheet) as Sheet;
  const cells = cellCount(grid);
  if (startAt >= cells) throw invalid("startAt", `is no cell of sheet ${sheet}`, `0 to ${cells - 1}`);
  // What writes PDFs is as large as half the service: it is loaded once somebody asks for one.
  const { labelSheetPdf } = await import("../../labels/pdf.ts");
  try {
    return new Uint8Array(await labelSheetPdf(printed, grid, { startAt }));
  } catch (error) {
    throw doesNotFit("sheet", error);
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
  fitting("widthMm", () => labelZpl(first as Label, media));
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

function fitting<T>(field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw doesNotFit(field, error);
  }
}

/** Too small a label is the caller's to mend; the message says what would be right. */
function doesNotFit(field: string, error: unknown): unknown {
  return error instanceof RangeError ? invalid(field, error.message, "a larger label") : error;
}
