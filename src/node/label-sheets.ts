import { Worker } from "node:worker_threads";
import type { LabelSheets } from "../platform.ts";
import { workerUrl } from "./worker-url.ts";

/** What the thread answers: the PDF, or why a label does not fit. Another error ends the thread. */
export type MadeSheets = { pdf: Uint8Array<ArrayBuffer> } | { misfit: string };

interface Job {
  sheets: LabelSheets;
  done(pdf: Uint8Array<ArrayBuffer>): void;
  failed(error: unknown): void;
}

/** A thread without work for this long ends and frees its memory: the PDF writer takes some 40 MB. */
const IDLE_MS = 10_000;

const waiting: Job[] = [];
let worker: Worker | undefined;
let current: Job | undefined;
let idle: NodeJS.Timeout | undefined;

/** Makes PDFs one after another in a thread of its own: thousands of labels take seconds, and scans are answered meanwhile. */
export function nodeLabelSheets(sheets: LabelSheets): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((done, failed) => {
    waiting.push({ sheets, done, failed });
    if (current === undefined) next();
  });
}

function next(): void {
  clearTimeout(idle);
  current = waiting.shift();
  if (current === undefined) {
    // Only a busy thread keeps the process from ending.
    worker?.unref();
    idle = setTimeout(endWorker, IDLE_MS).unref();
    return;
  }
  worker ??= newWorker();
  worker.ref();
  worker.postMessage(current.sheets);
}

function endWorker(): void {
  void worker?.terminate();
  worker = undefined;
}

function newWorker(): Worker {
  const made = new Worker(workerUrl("label-sheet-worker", import.meta.url));
  made.on("message", (answer: MadeSheets) => {
    const job = current;
    if ("pdf" in answer) job?.done(answer.pdf);
    else job?.failed(new RangeError(answer.misfit));
    next();
  });
  made.once("error", (error) => {
    // The error ended the thread: the next PDF needs another.
    worker = undefined;
    current?.failed(error);
    next();
  });
  return made;
}
