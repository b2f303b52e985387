import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { CommandFailed } from "../command.ts";

/**
 * What somebody does who has the disk but not the keys: overwrites one byte of the file. `before` and `after` are texts
 * of equal length that differ in one byte, and `within` the stored record, which must be in the file exactly once.
 */
export function overwriteByte(file: string, within: string, before: string, after: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(within);
  const offset = within.indexOf(before);
  if (at < 0 || bytes.indexOf(within, at + 1) >= 0 || offset < 0)
    throw new CommandFailed("the record that was to be tampered with is not in the copy exactly once");
  const start = at + Buffer.byteLength(within.slice(0, offset));
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.from(after), 0, after.length, start);
  closeSync(handle);
}
