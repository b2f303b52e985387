import { CommandFailed, type Invocation, type Option, UsageError } from "./command.ts";
import { readInputText } from "./input-file.ts";

export const PASSPHRASE_OPTION = {
  "passphrase-file": {
    type: "string",
    value: "FILE",
    help: "file with the passphrase of the keys (SUYUAN_PASSPHRASE; a terminal asks)",
  },
} as const satisfies Record<string, Option>;

const LEAST_CHARACTERS = 12;
const ENTER = new Set(["\r", "\n"]);
const BACKSPACE = new Set(["\u007F", "\b"]);
/** Ctrl-C and Ctrl-D. */
const STOP = new Set(["\u0003", "\u0004"]);

/**
 * A passphrase to encrypt with: from its file, the environment, or typed twice.
 * @param beforeAsking throws where the passphrase would not be used, so that nobody types it in vain
 * @throws UsageError where there is none, or it has fewer than 12 characters
 */
export async function newPassphrase(call: Invocation, beforeAsking: () => void): Promise<string> {
  const given = passphraseGiven(call);
  if (given !== undefined) return strong(given);
  requireTerminal();
  beforeAsking();
  return strong(await askTwice());
}

function strong(passphrase: string): string {
  if (Array.from(passphrase).length < LEAST_CHARACTERS)
    throw new UsageError(
      `the passphrase must have at least ${LEAST_CHARACTERS} characters: it alone protects the keys`,
    );
  return passphrase;
}

/** A passphrase to decrypt with: from its file, the environment, or typed. @throws UsageError where there is none */
export async function knownPassphrase(call: Invocation): Promise<string> {
  return passphraseGiven(call) ?? (await ask("Passphrase of the keys: "));
}

function passphraseGiven(call: Invocation): string | undefined {
  const file = call.option("passphrase-file");
  if (file === undefined) return process.env["SUYUAN_PASSPHRASE"] || undefined;
  return readInputText(file).replace(/\r?\n$/, "");
}

async function askTwice(): Promise<string> {
  const first = await ask("Passphrase for the keys, at least 12 characters: ");
  if ((await ask("The same again: ")) !== first)
    throw new CommandFailed("the two passphrases differ: start again");
  return first;
}

/** @throws UsageError where nobody can be asked */
function requireTerminal(): void {
  if (!process.stdin.isTTY)
    throw new UsageError(
      "a passphrase is missing: give --passphrase-file FILE, or set SUYUAN_PASSPHRASE, to protect the keys",
    );
}

/** Reads one line from the terminal without showing it. */
async function ask(prompt: string): Promise<string> {
  requireTerminal();
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((answer, stop) => {
    let typed = "";
    const end = (): void => {
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
    };
    const read = (text: string): void => {
      for (const character of text) {
        if (ENTER.has(character)) {
          end();
          return answer(typed);
        }
        if (STOP.has(character)) {
          end();
          return stop(new CommandFailed("stopped"));
        }
        typed = BACKSPACE.has(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on("data", read);
  });
}
