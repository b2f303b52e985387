const BAR = 30;
const EVERY_MS = 500;

/** Tells how far something is: a bar that is drawn over on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly what: string;
  private readonly begunMs = Date.now();
  private toldMs = 0;
  private toldTenth = 0;

  constructor(what: string) {
    this.what = what;
  }

  /** @param share 0 to 1 */
  at(share: number, detail = ""): void {
    const nowMs = Date.now();
    if (process.stderr.isTTY) {
      if (nowMs - this.toldMs < EVERY_MS && share < 1) return;
      this.toldMs = nowMs;
      process.stderr.write(`\r${this.line(share, nowMs, detail)}${share >= 1 ? "\n" : ""}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth === this.toldTenth) return;
    this.toldTenth = tenth;
    process.stderr.write(`${this.line(share, nowMs, detail)}\n`);
  }

  private line(share: number, nowMs: number, detail: string): string {
    const filled = Math.round(Math.min(1, share) * BAR);
    const seconds = Math.round((nowMs - this.begunMs) / 1000);
    const bar = "#".repeat(filled) + ".".repeat(BAR - filled);
    return `${this.what} [${bar}] ${String(Math.round(share * 100)).padStart(3)} %  ${seconds} s  ${detail}`.padEnd(
      100,
    );
  }
}
