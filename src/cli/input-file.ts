import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileErrorReason } from "../node/file-error.ts";
import { CommandFailed } from "./command.ts";

const STDIN = 0;

/** Reads a file that a command was given, `-` for stdin. @throws CommandFailed where it cannot be read */
export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === "-" ? STDIN : file);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read: ${fileErrorReason(error)}`, { cause: error });
  }
}

/** The same as text; a byte that is not UTF-8 becomes U+FFFD. @throws CommandFailed */
export function readInputText(file: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(readInput(file));
}

/** The failure to make a new file, in words that name it. */
export function writeFailure(file: string, error: unknown): CommandFailed {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EEXIST")
    return new CommandFailed(`${file} exists already, and is never overwritten: name a new file`, {
      cause: error,
    });
  const reason = code === "ENOENT" ? `there is no folder ${dirname(file)}` : fileErrorReason(error);
  return new CommandFailed(`${file} cannot be written: ${reason}`, { cause: error });
}
