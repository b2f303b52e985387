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
import { attachment, RunQuery } from "./codes.ts";
import { line } from "./fields.ts";
import type { SharedStreams } from "./shared-streams.ts";
import { type Api, EVERYBODY, json, queryInteger, route } from "./route.ts";

const tags = ["Codes and labels"];
const FILE_CONTENT = { schema: z.string().openapi({ format: "binary" }) };
const sheetIds = SHEETS.map(({ id }) => id) as [string, ...string[]];

/** Codes with links and PINs that are made at once for a PDF. */
const LABELS_PER_PART = 256;
/** Labels in one part of a ZPL stream: a millisecond of drawing, which others wait for. */
const DRAWN_PER_PART = 16;
/** A PDF is held whole in memory, and the thread makes one at a time: it takes two places among the downloads. */
const PDF_PLACES = 2;

const millimetres = z
  .string()
  .regex(/^[0-9]{1,3}(\.[0-9]{1,3})?$/, "must be millimetres, in plain decimal")
  .transform(Number)
  .pipe(z.number().min(5).max(300))
  .openapi({ type: "number", minimum: 5, maximum: 300 });

const LabelQuery = RunQuery.extend({
  format: z.enum(["pdf", "svg", "zpl"]).default("pdf"),
  caption: line(200).optional().openapi({
    description: "One short line under the code. PDF takes Latin letters only; SVG and ZPL take any script.",
  }),
  sheet: z
    .enum(sheetIds)
    .optional()
    .openapi({ description: "PDF: the id of a sheet of `/v1/label-sheets`; avery-l7160 by default." }),
  startAt: queryInteger(0, 1000)
    .optional()
    .openapi({ description: "PDF: the first cell to print on, from 0, for a partly used sheet." }),
  dpi: z
    .enum(["203", "300", "600"])
    .optional()
    .openapi({ description: "ZPL: resolution of the print head; 203 by default." }),
  widthMm: millimetres
    .optional()
    .openapi({ description: "SVG and ZPL: width of the label; 25 for SVG and 50 for ZPL by default." }),
  heightMm: millimetres.optional().openapi({ description: "ZPL: height of the label; 30 by default." }),
});
type LabelQuery = z.infer<typeof LabelQuery>;

/** Parameters that only some formats take. */
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
  summary: "Fetch labels: PDF sheets, SVG, ZPL",
  description: `PDF: at most ${MAX_LABELS_PER_PDF} labels; use first and last for more. SVG: one label, first equals last. ZPL: a stream of any length. Only for the enterprise that ordered.`,
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
  summary: "List the label sheets for PDF",
  roles: EVERYBODY,
  responses: { 200: json(z.object({ items: z.array(SheetSchema) }), "All of them") },
});

/** `/batches/{id}/labels` and the sheets. */
export function labelRoutes(api: Api, streams: SharedStreams): void {
  api.openapi(sheets, (c) => c.json({ items: [...SHEETS] }, 200));
  api.openapi(labels, async (c) => {
    const query = c.req.valid("query");
    const service = c.get("service");
    checkFormat(query);
    const run = codeRun(service, c.get("caller"), c.req.valid("param").id, query);
    if (query.format === "pdf") {
      const sheet = checkedSheet(run, query);
      const headers = attachment(run, "application/pdf", "pdf");
      if (c.req.method === "HEAD") return c.body(null, 200, headers);
      const place = streams.enter(c, PDF_PLACES);
      try {
        return c.body(await pdf(streams, service, run, query.caption, sheet), 200, headers);
      } finally {
        place.leave();
      }
    }
    if (query.format === "svg")
      return c.body(svg(service, run, query), 200, attachment(run, "image/svg+xml; charset=utf-8", "svg"));
    const parts = zplParts(service, run, query.caption, {
      dpi: Number(query.dpi ?? 203) as ZplMedia["dpi"],
      widthMm: query.widthMm ?? 50,
      heightMm: query.heightMm ?? 30,
    });
    const headers = attachment(run, "application/zpl; charset=utf-8", "zpl");
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    return c.body(streams.stream(streams.enter(c), parts), 200, headers);
  });
}

function svg(service: Service, run: CodeRun, { caption, widthMm }: LabelQuery): string {
  if (run.end - run.first !== 1)
    throw invalid(
      "last",
      "selects more than one label",
      "the same position as first: an SVG holds one label",
    );
  const [only] = labelsOf(service, run, caption);
  return fitting("widthMm", () => labelSvg(only as Label, { widthMm }));
}

/** Makes the labels a part at a time, and then the PDF in the runtime's thread. @throws Problem where they do not fit */
async function pdf(
  streams: SharedStreams,
  service: Service,
  run: CodeRun,
  caption: string | undefined,
  { grid, startAt }: { grid: Sheet; startAt: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const printed: Label[] = [];
  for (let first = run.first; first < run.end; first += LABELS_PER_PART) {
    const part = { ...run, first, end: Math.min(first + LABELS_PER_PART, run.end) };
    printed.push(...(await streams.share(() => [...labelsOf(service, part, caption)])));
  }
  try {
    return await service.platform.labelSheets({ labels: printed, sheet: grid.id, startAt });
  } catch (error) {
    throw doesNotFit("sheet", error);
  }
}

function* labelsOf(service: Service, run: CodeRun, caption: string | undefined): Generator<Label> {
  for (const slice of printedCodes(service, run))
    for (const { code, url, pin } of slice) yield { link: url, grouped: groupCode(code), caption, pin };
}

/** Refuses parameters that the format would ignore. */
function checkFormat(query: LabelQuery): void {
  for (const [name, formats] of ONLY_FOR)
    if (query[name] !== undefined && !formats.includes(query.format))
      throw invalid(
        name,
        `is not a parameter of format ${query.format}`,
        `leave it out, or use format ${formats.join(" or ")}`,
      );
  if (query.format === "pdf" && query.caption !== undefined && !isWinAnsi(query.caption))
    throw invalid(
      "caption",
      "has characters that PDF labels cannot show",
      "Latin letters, or format svg or zpl",
    );
}

/** The sheet that a PDF is printed on. @throws Problem too_large, invalid_request */
function checkedSheet(
  run: CodeRun,
  { sheet = "avery-l7160", startAt = 0 }: LabelQuery,
): { grid: Sheet; startAt: number } {
  const count = run.end - run.first;
  if (count > MAX_LABELS_PER_PDF) {
    const most = `one PDF holds at most ${MAX_LABELS_PER_PDF} labels; ${count} were asked for`;
    const expected = `at most ${run.first + MAX_LABELS_PER_PDF - 1}`;
    throw new Problem("too_large", most, { fields: [{ field: "last", problem: "is too large", expected }] });
  }
  const grid = sheetById(sheet) as Sheet;
  const cells = cellCount(grid);
  if (startAt >= cells) throw invalid("startAt", `is not a cell of sheet ${sheet}`, `0 to ${cells - 1}`);
  return { grid, startAt };
}

/** The stream, one part for each slice of codes. Makes the first label at once, so that an error comes before the stream. */
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

async function* zplText(service: Service, run: CodeRun, caption: string | undefined, media: ZplMedia) {
  let part: string[] = [];
  for await (const label of zplStream(labelsOf(service, run, caption), media)) {
    part.push(label);
    if (part.length < DRAWN_PER_PART) continue;
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

/** A label that is too small is the caller's error; any other error is thrown as it is. */
function doesNotFit(field: string, error: unknown): unknown {
  return error instanceof RangeError ? invalid(field, error.message, "a larger label") : error;
}
