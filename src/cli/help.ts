import type { Command, Option } from "./command.ts";

/** The text of `suyuan help`. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "suyuan (溯源): quality traceability with sealed codes and a ledger that outsiders can verify",
    "",
    "Usage: suyuan COMMAND [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "Details of a command: suyuan help COMMAND. Every command takes --json.",
    "Exit codes: 0 done, 1 failed or refused, 2 wrong usage.",
  ].join("\n");
}

/** The text of `suyuan help COMMAND`. */
export function commandHelp(
  { name, summary, words, about, options }: Command,
  common: Readonly<Record<string, Option>>,
): string {
  const rows = Object.entries({ ...options, ...common }).map(([option, { short, value, help }]) => ({
    left: `${short === undefined ? "" : `-${short}, `}--${option}${value === undefined ? "" : ` ${value}`}`,
    help,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    `suyuan ${name}: ${summary}`,
    "",
    `Usage: suyuan ${name}${words === undefined ? "" : ` ${words}`} [options]`,
    "",
    ...(about === undefined ? [] : [about, ""]),
    ...rows.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`),
  ].join("\n");
}
