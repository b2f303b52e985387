import { basename } from "node:path";

/** A command that a person may paste into a shell: what it does, and its words in groups that stay on one line. */
export interface ShellCommand {
  what: string;
  groups: string[][];
}

/** No printed line is longer. */
const WIDTH = 100;
const CONTINUED = " \\";

/** The command on one line. */
export function commandText({ groups }: ShellCommand): string {
  return groups.flat().map(quoted).join(" ");
}

/** The command on as few lines as fit, joined by backslashes. Only groups that are too long by themselves stick out. */
export function commandLines({ groups }: ShellCommand, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const group of groups) {
    const text = group.map(quoted).join(" ");
    const longer = `${line} ${text}`;
    if (line !== "" && longer.length + CONTINUED.length > WIDTH) {
      lines.push(line + CONTINUED);
      line = `${indent}  ${text}`;
    } else line = line === "" ? indent + text : longer;
  }
  return [...lines, line];
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The words that start `suyuan` from another terminal, as this process was started: by npm in the project's folder, by
 * an installed command, or by a path.
 */
export function suyuanWords(
  environment: Record<string, string | undefined>,
  [node = "node", program = "suyuan"]: string[],
): string[] {
  const script = environment["npm_lifecycle_event"];
  if (script === "demo" || script === "suyuan") return ["npm", "run", "-s", "suyuan", "--"];
  if (basename(program) !== "suyuan") return [node, program];
  // What npx puts onto PATH is gone in another terminal.
  return [script === undefined ? "suyuan" : program];
}
