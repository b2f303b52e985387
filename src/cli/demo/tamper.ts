import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { CommandFailed } from "../command.ts";

/**
 * Overwrites one byte of a file, as somebody with the disk but without the keys would. `before` and `after` have equal
 * length and differ in one byte. `within` is the stored record.
 * @throws CommandFailed where the file does not hold the record exactly once
 */
export function overwriteByte(file: string, within: string, before: string, after: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(within);
  const offset = within.indexOf(before);
  if (at < 0 || bytes.indexOf(within, at + 1) >= 0 || offset < 0)
    throw new CommandFailed("the copy does not hold the record to tamper with exactly once");
  const start = at + Buffer.byteLength(within.slice(0, offset));
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.from(after), 0, after.length, start);
  closeSync(handle);
}
