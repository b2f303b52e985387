import { constants, copyFileSync, existsSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, CommandFailed, DONE, type Invocation, onlyWord } from "./command.ts";
import { formatSize } from "./output.ts";

const KEYS_APART =
  "The keys are not in it. Back up the folder keys/ of the data folder once, and keep it apart from the copies.";

/** Copies the store of a data folder that no service holds. */
export type BackUpFolder = (folder: string, file: string) => Promise<void>;

export function backupCommand(backUpFolder: BackUpFolder): Command {
  return {
    name: "backup",
    summary: "Copy the store while it is in use",
    words: "FILE",
    about:
      "Through a running service on this machine it takes the operator's key; --data opens a folder that no service\n" +
      "holds. FILE is never overwritten, and holds no keys: they are files of their own.",
    options: {
      data: { type: "string", value: "FOLDER", help: "a data folder that no service holds" },
      ...CLIENT_OPTIONS,
    },
    async run(call) {
      const file = resolve(onlyWord(call, "FILE"));
      if (existsSync(file)) throw new CommandFailed(`${file} exists already`);
      const folder = call.option("data");
      if (folder === undefined) await throughService(call, file);
      else await backUpFolder(folder, file);
      const { size } = statSync(file);
      call.out.document({ file, sizeBytes: size });
      call.out.line(`${file}: ${formatSize(size)}, a consistent copy of the store.`);
      call.out.line(KEYS_APART);
      return DONE;
    },
  };
}

/** The service puts its copy into its own folder, which must be on this machine; from there it is brought to FILE. */
async function throughService(call: Invocation, file: string): Promise<void> {
  const made = await clientOf(call).call<{ file: string; sizeBytes: number }>("POST", "/v1/backups");
  try {
    copyFileSync(made.file, file, constants.COPYFILE_EXCL);
    rmSync(made.file);
  } catch (error) {
    throw new CommandFailed(
      `the copy was made, as ${made.file} on the service's machine, but cannot be brought to ${file}: ` +
        (error as Error).message,
      { cause: error },
    );
  }
}
