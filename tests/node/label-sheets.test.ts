import { expect, it } from "vitest";
import { labelSheetPdf } from "../../src/labels/pdf.ts";
import { type Sheet, sheetById } from "../../src/labels/sheet.ts";
import { nodeLabelSheets } from "../../src/node/label-sheets.ts";
import { sampleLabels } from "../labels/sample-labels.ts";

const SHEET = "avery-l7651";
const sheets = (count: number) => ({ labels: [...sampleLabels(count)], sheet: SHEET, startAt: 3 });

it("makes the same PDF in the thread as without it, several in order", async () => {
  const made = await Promise.all([70, 1, 130].map((count) => nodeLabelSheets(sheets(count))));
  for (const [i, count] of [70, 1, 130].entries())
    expect(made[i]).toEqual(
      new Uint8Array(await labelSheetPdf(sampleLabels(count), sheetById(SHEET) as Sheet, { startAt: 3 })),
    );
});

it("rejects labels that do not fit, and a fault, and makes the next PDF all the same", async () => {
  const [label] = [...sampleLabels(1, {}, "A".repeat(300))];
  const small = { labels: [label!], sheet: "avery-l4731", startAt: 0 };
  const faulty = { ...sheets(1), sheet: "none" };
  const [misfit, fault, next] = await Promise.allSettled([small, faulty, sheets(2)].map(nodeLabelSheets));
  expect(misfit).toMatchObject({ status: "rejected", reason: expect.any(RangeError) as unknown });
  expect(fault).toMatchObject({ status: "rejected", reason: expect.any(TypeError) as unknown });
  expect(next).toMatchObject({ status: "fulfilled" });
});
