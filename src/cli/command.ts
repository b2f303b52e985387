import type { Output } from "./output.ts";

/** One option of a command: for `util.parseArgs`, and for help. */
export interface Option {
  type: "string" | "boolean";
  short?: string;
  /** The name of its value in help, such as `FILE`. */
  value?: string;
  help: string;
}

/** The arguments of one call, and its output. */
export interface Invocation {
  /** The words after the command's name that are no options. */
  words: string[];
  /** The value of an option, or of the environment variable with the same meaning. */
  option(name: string): string | undefined;
  flag(name: string): boolean;
  out: Output;
}

/** A command of `suyuan`. `run` resolves with the exit code. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The words after the name in help, such as `CODE`. */
  words?: string;
  /** Further lines of help. */
  about?: string;
  options: Readonly<Record<string, Option>>;
  run(call: Invocation): Promise<number>;
}

export const DONE = 0;
/** The service refused, or a check failed. */
export const FAILED = 1;
export const MISUSED = 2;
/** `suyuan verify`: nothing in the file is wrong, but it does not show everything. */
export const NOT_FULLY_SHOWN = 3;

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command failed. The message says why, in words for the person who ran it: exit code 1. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** The only word of a command that takes one. @throws UsageError */
export function onlyWord({ words }: Invocation, what: string): string {
  const [word, ...more] = words;
  if (word === undefined) throw new UsageError(`${what} is missing`);
  if (more.length > 0) throw new UsageError(`takes one ${what} only, not also ${more.join(" ")}`);
  return word;
}

/** Refuses words for a command that takes none. @throws UsageError */
export function noWords({ words }: Invocation): void {
  if (words.length > 0) throw new UsageError(`takes options but no words: leave out ${words.join(" ")}`);
}

/** The value of an option that must be given. @throws UsageError */
export function required(call: Invocation, name: string): string {
  const value = call.option(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

/** An option's whole number, at least `least`. @throws UsageError */
export function wholeNumber(text: string, name: string, least = 0): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least)
    throw new UsageError(`--${name} must be a whole number, at least ${least}, not ${text}`);
  return value;
}
