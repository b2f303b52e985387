import { readFileSync } from "node:fs";
import { CommandFailed, type Invocation, type Option, UsageError } from "./command.ts";

export const PASSPHRASE_OPTION = {
  "passphrase-file": {
    type: "string",
    value: "FILE",
    help: "what encrypts the keys (SUYUAN_PASSPHRASE; asked for on a terminal)",
  },
} as const satisfies Record<string, Option>;

const LEAST_CHARACTERS = 12;
const ENTER = new Set(["\r", "\n"]);
const RUB_OUT = new Set(["\u007F", "\b"]);
/** Ctrl-C and Ctrl-D. */
const STOP = new Set(["\u0003", "\u0004"]);

/**
 * A passphrase to encrypt with: from its file, the environment, or asked for twice.
 * @throws UsageError where there is none, or it has fewer than 12 characters
 */
export async function newPassphrase(call: Invocation): Promise<string> {
  const given = passphraseGiven(call);
  const passphrase = given ?? (await askTwice());
  if (Array.from(passphrase).length < LEAST_CHARACTERS)
    throw new UsageError(
      `the passphrase must have at least ${LEAST_CHARACTERS} characters: it alone guards the keys`,
    );
  return passphrase;
}

/** A passphrase to open with: from its file, the environment, or asked for. @throws UsageError where there is none */
export async function knownPassphrase(call: Invocation): Promise<string> {
  return passphraseGiven(call) ?? (await ask("Passphrase of the keys: "));
}

function passphraseGiven(call: Invocation): string | undefined {
  const file = call.option("passphrase-file");
  if (file === undefined) return process.env["SUYUAN_PASSPHRASE"] || undefined;
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
}

async function askTwice(): Promise<string> {
  const first = await ask("Passphrase for the keys, at least 12 characters: ");
  if ((await ask("The same again: ")) !== first) throw new CommandFailed("the two are not the same");
  return first;
}

/** Reads a line from the terminal that is not shown. */
function ask(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY)
    return Promise.reject(
      new UsageError(
        "a passphrase is missing: SUYUAN_PASSPHRASE, or --passphrase-file FILE, guards the keys",
      ),
    );
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((answer, stop) => {
    let typed = "";
    const end = (): void => {
      stdin.off("data", heard);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
    };
    const heard = (text: string): void => {
      for (const character of text) {
        if (ENTER.has(character)) {
          end();
          return answer(typed);
        }
        if (STOP.has(character)) {
          end();
          return stop(new CommandFailed("stopped"));
        }
        typed = RUB_OUT.has(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on("data", heard);
  });
}
