import { groupCode } from "../core/code/alphabet.ts";
import { parseCode } from "../core/code/check.ts";
import { parseTraceUrl } from "../core/code/link.ts";
import { CommandFailed } from "./command.ts";

/**
 * The trace code in a typed code or in a label's link.
 * @throws CommandFailed where it is neither
 */
export function codeIn(typed: string): string {
  try {
    return groupCode(parseCode(parseTraceUrl(typed)?.code ?? typed));
  } catch (error) {
    throw new CommandFailed(`${typed} is not a trace code: ${(error as Error).message}`, { cause: error });
  }
}
