import { readFileSync } from "node:fs";
import { CommandFailed } from "./command.ts";

const STDIN = 0;

/** The bytes of a file that a command was given, `-` for stdin. @throws CommandFailed where it cannot be read */
export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === "-" ? STDIN : file);
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
}

/** The same as text; a byte that is not UTF-8 becomes U+FFFD. @throws CommandFailed */
export function readInputText(file: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(readInput(file));
}
