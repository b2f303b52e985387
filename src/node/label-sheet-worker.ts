import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { labelSheetPdf } from "../labels/pdf.ts";
import { type Sheet, sheetById } from "../labels/sheet.ts";
import type { LabelSheets } from "../platform.ts";
import type { MadeSheets } from "./label-sheets.ts";

// Linux has a priority for each thread, elsewhere it is the process's. Scans come first.
if (process.platform === "linux") giveWay();

function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where a sandbox forbids even that, the work is done all the same.
  }
}

/** @throws unless the error is a label that does not fit: any other ends the thread */
async function make({ labels, sheet, startAt }: LabelSheets): Promise<void> {
  try {
    const pdf = new Uint8Array(await labelSheetPdf(labels, sheetById(sheet) as Sheet, { startAt }));
    parentPort?.postMessage({ pdf } satisfies MadeSheets, [pdf.buffer]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    parentPort?.postMessage({ misfit: error.message } satisfies MadeSheets);
  }
}

/** The thread that makes PDFs: receives labels and answers with the sheets. */
parentPort?.on("message", (sheets: LabelSheets) => void make(sheets));
