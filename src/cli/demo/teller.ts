import { qrMatrix, QUIET_ZONE_MODULES } from "../../labels/qr.ts";
import type { Output } from "../output.ts";

const BOLD = "\u001B[1m";
const DIM = "\u001B[2m";
const RESET = "\u001B[0m";
/** Dark on light whatever the terminal's colours are: scanners need it so. */
const BLACK_ON_WHITE = "\u001B[30;107m";
const TEXT_WIDTH = 88;

/** Tells the story: chapters with the time that each took, and indented lines. */
export class Teller {
  private readonly out: Output;
  private begunMs = performance.now();

  constructor(out: Output) {
    this.out = out;
  }

  title(text: string): void {
    this.out.line();
    this.out.line(this.styled(BOLD, text));
  }

  /** Does a chapter's work and tells what came of it: its first line beside the time it took. */
  async chapter<T>(heading: string, work: () => Promise<T>, lines: (value: T) => string[]): Promise<T> {
    this.begunMs = performance.now();
    const progress = this.out.progress(heading);
    progress.update(0);
    let value: T;
    try {
      value = await work();
    } finally {
      progress.end();
    }
    const seconds = `${((performance.now() - this.begunMs) / 1000).toFixed(1)} s`;
    const gap = " ".repeat(Math.max(2, TEXT_WIDTH - heading.length - seconds.length));
    this.out.line();
    this.out.line(`${this.styled(BOLD, heading)}${gap}${this.styled(DIM, seconds)}`);
    for (const line of lines(value)) this.line(line);
    return value;
  }

  line(text = ""): void {
    this.out.line(text === "" ? "" : `   ${text}`);
  }

  /** A QR symbol, two rows of modules to a line of half blocks. */
  qr(link: string): void {
    for (const row of qrLines(link, this.out.terminal)) this.line(row);
  }

  private styled(style: string, text: string): string {
    return this.out.terminal ? `${style}${text}${RESET}` : text;
  }
}

/**
 * A QR symbol in half blocks. With `colours` dark modules are drawn on white; without, light ones are drawn, which is
 * right on a dark background, and most scanners read the inverse too.
 */
function qrLines(link: string, colours: boolean): string[] {
  const { size, bits } = qrMatrix(link);
  const quiet = colours ? QUIET_ZONE_MODULES : 2;
  const drawn = (x: number, y: number): boolean => bits(x, y) === colours;
  const lines: string[] = [];
  for (let y = -quiet; y < size + quiet; y += 2) {
    let line = "";
    for (let x = -quiet; x < size + quiet; x++)
      line += block(drawn(x, y), y + 1 < size + quiet && drawn(x, y + 1));
    lines.push(colours ? `${BLACK_ON_WHITE}${line}${RESET}` : line);
  }
  return lines;
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}
