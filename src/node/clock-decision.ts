import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreRefused } from "../store/binding.ts";

/** In the data folder: the time that the operator accepted last, RFC 3339. The service applies each decision once. */
const FILE = "clock-accepted";
/** A decision has 24 bytes; a longer file is somebody else's. */
const MAX_LENGTH = 40;

/** The operator's last decision, or undefined where there is none that can be read. */
export function clockDecision(data: string): string | undefined {
  try {
    const text = readFileSync(join(data, FILE), "utf8").trim();
    return text.length <= MAX_LENGTH && !Number.isNaN(Date.parse(text)) ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Decides that the machine's clock is right. A service that has the folder open applies it at its next write, another at
 * its start, within 24 hours of the clock.
 * @returns the time, RFC 3339
 * @throws StoreRefused where there is no store in the folder
 */
export function acceptClock(data: string, nowMs: number): string {
  if (!existsSync(join(data, "suyuan.db"))) throw new StoreRefused(`there is no store in ${data}`);
  const at = new Date(nowMs).toISOString();
  const file = join(data, FILE);
  writeFileSync(`${file}.new`, `${at}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return at;
}

/** Removes the decision, so that it is used for nothing else. */
export function forgetDecision(data: string): void {
  rmSync(join(data, FILE), { force: true });
}
