import type { Output, Progress } from "../output.ts";
import { qrLines } from "./qr-text.ts";

const BOLD = "\u001B[1m";
const DIM = "\u001B[2m";
const RESET = "\u001B[0m";
/** Width of the seconds at the left of each statement. */
const CLOCK_WIDTH = 9;
const INDENT = " ".repeat(CLOCK_WIDTH);

/** Prints the story while it happens: chapters, and statements with the seconds since the start. */
export class Narrator {
  private readonly out: Output;
  private readonly signal: AbortSignal;
  private readonly startMs = performance.now();
  private progress: Progress | undefined;

  /** @param signal no chapter starts, and nothing more is printed, once it is aborted */
  constructor(out: Output, signal: AbortSignal) {
    this.out = out;
    this.signal = signal;
  }

  /** Seconds since the start, to a tenth. */
  seconds(): number {
    return Math.round((performance.now() - this.startMs) / 100) / 10;
  }

  /** Prints a heading and does the chapter's work, which calls `say` as things happen. */
  async chapter<T>(heading: string, work: () => Promise<T>): Promise<T> {
    this.title(heading);
    try {
      return await work();
    } finally {
      this.endProgress();
    }
  }

  title(text: string): void {
    this.signal.throwIfAborted();
    this.out.line();
    this.out.line(this.styled(BOLD, text));
  }

  /** A statement of one or more lines; the first has the clock. */
  say(first: string, ...more: string[]): void {
    this.signal.throwIfAborted();
    this.endProgress();
    const clock = `${this.seconds()
      .toFixed(1)
      .padStart(CLOCK_WIDTH - 4)} s  `;
    this.out.line(this.styled(DIM, clock) + first);
    for (const line of more) this.out.line(INDENT + line);
  }

  /** Shows on a terminal how far long work is, until the next statement. */
  working(what: string, done: number, total?: number): void {
    if (!this.out.terminal || this.out.json || this.signal.aborted) return;
    this.progress ??= this.out.progress(INDENT + what);
    this.progress.update(done, total);
  }

  /** A QR symbol with the link below it. */
  qr(link: string): void {
    for (const row of qrLines(link, this.out.terminal)) this.out.line(INDENT + row);
    this.out.line(INDENT + link);
  }

  private endProgress(): void {
    this.progress?.end();
    this.progress = undefined;
  }

  private styled(style: string, text: string): string {
    return this.out.terminal ? `${style}${text}${RESET}` : text;
  }
}
