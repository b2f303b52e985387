import { parseArgs } from "node:util";
import { audit } from "./audit.ts";
import { backup } from "./backup.ts";
import { bundle } from "./bundle.ts";
import { clock } from "./clock.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  FAILED,
  type Invocation,
  MISUSED,
  UsageError,
} from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { issue } from "./issue.ts";
import { keys } from "./keys.ts";
import { logKey } from "./log-key.ts";
import { monitor } from "./monitor.ts";
import { type Output, processOutput } from "./output.ts";
import { rebuildCommand } from "./rebuild.ts";
import { restore } from "./restore.ts";
import { scan } from "./scan.ts";
import { trace } from "./trace.ts";
import { verify } from "./verify.ts";
import { witness } from "./witness.ts";
import { demo } from "./demo/demo.ts";
import { serveCommand } from "./serve.ts";
import { startFailure } from "../node/start-failure.ts";

const COMMANDS: readonly Command[] = [
  serveCommand,
  demo,
  keys,
  issue,
  scan,
  trace,
  bundle,
  verify,
  monitor,
  witness,
  audit,
  backup,
  restore,
  rebuildCommand,
  logKey,
  clock,
];

/** Commands whose `--key` is the public key of a log, not the caller's API key. */
const PUBLIC_KEY_COMMANDS: ReadonlySet<string> = new Set([verify.name, monitor.name]);

/** Options that may also come from the environment. */
const FROM_ENVIRONMENT: Readonly<Record<string, string>> = {
  url: "SUYUAN_URL",
  key: "SUYUAN_KEY",
  "authority-key": "SUYUAN_AUTHORITY_KEY",
};

const COMMON = {
  json: { type: "boolean", help: "the answer as one JSON document" },
  help: { type: "boolean", short: "h", help: "this text" },
} as const;

async function main([name, ...rest]: string[]): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return help(name, rest);
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    console.error(`suyuan: there is no command ${name}. See: suyuan help`);
    return MISUSED;
  }
  try {
    return await run(command, rest);
  } catch (error) {
    if (isMisuse(error)) {
      // Node adds advice that fits no command here.
      const message = (error as Error).message.replace(/\. To specify a positional .*$/s, "");
      console.error(`suyuan ${name}: ${message}. See: suyuan help ${name}`);
      return MISUSED;
    }
    console.error(`suyuan: ${error instanceof CommandFailed ? error.message : startFailure(error)}`);
    return FAILED;
  }
}

async function run(command: Command, args: string[]): Promise<number> {
  const options = { ...command.options, ...COMMON };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
  const given = values as Record<string, string | boolean | undefined>;
  if (given["help"] === true) return print(commandHelp(command, COMMON));
  return command.run(invocation(given, positionals, processOutput(given["json"] === true), command));
}

function invocation(
  given: Record<string, string | boolean | undefined>,
  words: string[],
  out: Output,
  { name }: Command,
): Invocation {
  return {
    words,
    out,
    flag: (option) => given[option] === true,
    option(option) {
      const value = given[option];
      if (typeof value === "string") return value;
      const variable = PUBLIC_KEY_COMMANDS.has(name) ? undefined : FROM_ENVIRONMENT[option];
      return (variable === undefined ? undefined : process.env[variable]) || undefined;
    },
  };
}

function help(asked: string | undefined, [name]: string[]): number {
  if (name === undefined) {
    print(overview(COMMANDS));
    return asked === undefined ? MISUSED : DONE;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command !== undefined) return print(commandHelp(command, COMMON));
  console.error(`suyuan: there is no command ${name}. See: suyuan help`);
  return MISUSED;
}

function print(text: string): number {
  console.log(text);
  return DONE;
}

function isMisuse(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof UsageError || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"));
}

// A reader of the first lines (`| head`) closes the pipe: that is no failure, and hides none.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? (process.exitCode ?? DONE) : FAILED),
);

process.exitCode = await main(process.argv.slice(2));
