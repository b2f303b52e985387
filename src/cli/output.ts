import { isatty } from "node:tty";

/** Where a command writes: answers to stdout, progress and complaints to stderr. */
export interface Output {
  /** With `--json`: one JSON document on stdout and nothing else. */
  json: boolean;
  /** One or more lines for a person. */
  line(text?: string): void;
  /** The answer itself with `--json`. */
  document(value: unknown): void;
  /** A line beside the answer. */
  note(text: string): void;
  /** How far long work is, of a total that may not be known. */
  progress(what: string): Progress;
  /** True where stdout is a terminal. */
  terminal: boolean;
}

export interface Progress {
  update(done: number, total?: number): void;
  end(): void;
}

const BAR_WIDTH = 24;
/** Often enough to be seen moving, seldom enough to cost nothing. */
const REDRAW_MS = 100;
/** Where nobody watches, a line this often says that it goes on. */
const LINE_MS = 5000;

const counts = new Intl.NumberFormat("en");

/** A number as people read it: 101,402. */
export function formatCount(value: number): string {
  return counts.format(value);
}

/** A number with what it counts: 1 batch, 11 batches. */
export function formatCounted(value: number, one: string, many: string): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** A size as people read it: 3.1 MB. */
export function formatSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** The output of this process. */
export function processOutput(json: boolean): Output {
  const { stdout, stderr } = process;
  return {
    json,
    terminal: isatty(stdout.fd),
    line: (text = "") => void (json || stdout.write(`${text}\n`)),
    document: (value) => void (json && stdout.write(`${JSON.stringify(value, null, 2)}\n`)),
    note: (text) => void stderr.write(`${text}\n`),
    progress: (what) => (isatty(stderr.fd) ? bar(what) : lines(what)),
  };
}

/** A bar that is drawn over itself on a terminal. */
function bar(what: string): Progress {
  let drawnMs = 0;
  let drawn = false;
  return {
    update(done, total) {
      const nowMs = Date.now();
      if (nowMs - drawnMs < REDRAW_MS && done !== total) return;
      drawnMs = nowMs;
      drawn = true;
      process.stderr.write(`\r\u001B[K${what} ${barText(done, total)}`);
    },
    end: () => void (drawn && process.stderr.write("\r\u001B[K")),
  };
}

function barText(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return done === 0 ? "…" : formatCount(done);
  const share = Math.min(1, done / total);
  const full = Math.round(share * BAR_WIDTH);
  const shown = `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}`;
  return `${shown} ${Math.floor(share * 100)} % (${formatCount(done)} of ${formatCount(total)})`;
}

/** A plain line now and then, for logs. */
function lines(what: string): Progress {
  let writtenMs = Date.now();
  return {
    update(done, total) {
      const nowMs = Date.now();
      if (nowMs - writtenMs < LINE_MS) return;
      writtenMs = nowMs;
      process.stderr.write(`${what}: ${formatCount(done)}${total ? ` of ${formatCount(total)}` : ""}\n`);
    },
    end: () => undefined,
  };
}
