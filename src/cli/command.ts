import type { Output } from "./output.ts";

/** One option of a command, as `util.parseArgs` reads it and help shows it. */
export interface Option {
  type: "string" | "boolean";
  short?: string;
  /** What stands for its value in help, such as `FILE`. */
  value?: string;
  help: string;
}

/** What a command was called with. */
export interface Invocation {
  /** Words after the command's name. */
  words: string[];
  /** The value of an option, or of the environment variable that stands in for it. */
  option(name: string): string | undefined;
  flag(name: string): boolean;
  out: Output;
}

/** A command of `suyuan`. `run` resolves with the exit code. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The words after the name, as help shows them, such as `CODE`. */
  words?: string;
  /** Further lines of help. */
  about?: string;
  options: Readonly<Record<string, Option>>;
  run(call: Invocation): Promise<number>;
}

export const DONE = 0;
/** What was asked for was refused, or found not to be as it must. */
export const FAILED = 1;
export const MISUSED = 2;

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for cannot be done; the message says why in words for whoever called: exit code 1. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** The one word that a command takes. @throws UsageError */
export function onlyWord({ words }: Invocation, what: string): string {
  const [word, ...more] = words;
  if (word === undefined) throw new UsageError(`${what} is missing`);
  if (more.length > 0) throw new UsageError(`one ${what} only, not also ${more.join(" ")}`);
  return word;
}

/** @throws UsageError */
export function noWords({ words }: Invocation): void {
  if (words.length > 0) throw new UsageError(`takes no ${words.join(" ")}`);
}

/** @throws UsageError where the option is not given */
export function required(call: Invocation, name: string): string {
  const value = call.option(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

/** A whole number, at least `least`. @throws UsageError */
export function wholeNumber(text: string, name: string, least = 0): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least)
    throw new UsageError(`--${name} must be a whole number, at least ${least}, not ${text}`);
  return value;
}
