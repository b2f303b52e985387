import { isatty } from "node:tty";

/** The output of a command: answers go to stdout, progress and notes to stderr. */
export interface Output {
  /** With `--json`, stdout has one JSON document and nothing else. */
  json: boolean;
  /** Writes lines for a person; with `--json` nothing. */
  line(text?: string): void;
  /** Writes the answer as JSON; without `--json` nothing. */
  document(value: unknown): void;
  /** Writes a line to stderr, beside the answer. */
  note(text: string): void;
  /** Starts a progress bar for long work. It is drawn only where stderr is a terminal. */
  progress(what: string): Progress;
  /** True where stdout is a terminal. */
  terminal: boolean;
}

/** A progress bar. The last `update` of finished work has `done` equal to `total`, which is always drawn. */
export interface Progress {
  /** @param total absent where it is not known */
  update(done: number, total?: number): void;
  /** Erases the bar. */
  end(): void;
}

const BAR_WIDTH = 24;
/** Between two drawings of a bar: smooth for the eye, and cheap. */
const REDRAW_MS = 100;

const counts = new Intl.NumberFormat("en");

/** A number with thousands separators: 101,402. */
export function formatCount(value: number): string {
  return counts.format(value);
}

/** A number with its noun: 1 batch, 11 batches. */
export function formatCounted(value: number, one: string, many: string): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** A size in the largest fitting unit: 3.1 MB. */
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
    progress: (what) => (isatty(stderr.fd) ? progressBar(what, (text) => void stderr.write(text)) : SILENT),
  };
}

/** Without a terminal, output must not depend on how fast the machine is. */
const SILENT: Progress = { update: () => undefined, end: () => undefined };

/** A bar that redraws its line on a terminal, at most ten times a second, and at the end of the work. */
export function progressBar(what: string, write: (text: string) => void): Progress {
  let drawnMs = 0;
  let drawn = false;
  return {
    update(done, total) {
      const nowMs = Date.now();
      if (nowMs - drawnMs < REDRAW_MS && done !== total) return;
      drawnMs = nowMs;
      drawn = true;
      write(`\r\u001B[K${what} ${barText(done, total)}`);
    },
    end() {
      if (drawn) write("\r\u001B[K");
    },
  };
}

function barText(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return done === 0 ? "…" : formatCount(done);
  const share = Math.min(1, done / total);
  const full = Math.round(share * BAR_WIDTH);
  const shown = `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}`;
  return `${shown} ${Math.floor(share * 100)} % (${formatCount(done)} of ${formatCount(total)})`;
}
