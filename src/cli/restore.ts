import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, CommandFailed, DONE, type Invocation, onlyWord, required } from "./command.ts";
import { LogClient } from "./log-client.ts";
import { formatCount, formatCounted } from "./output.ts";
import { knownPassphrase, PASSPHRASE_OPTION } from "./passphrase.ts";

interface Request {
  from: string;
  keys: string | undefined;
  data: string;
  passphrase: () => Promise<string>;
  newest: string | undefined;
  force: boolean;
  progress: (done: number, total: number) => void;
}

interface Restored {
  origin: string;
  size: number;
  lost: number | null;
  anew: boolean;
  epoch: number;
  record: number;
}

/** Proves a backup and makes a data folder of it. */
export type Restore = (request: Request) => Promise<Restored>;

export function restoreCommand(restore: Restore): Command {
  return {
    name: "restore",
    summary: "Prove a backup, and make a data folder of it",
    words: "BACKUP",
    about:
      "Every file, every record and the keys are proven before anything may be served, and the whole against a checkpoint\n" +
      "from outside: the newest there is, from the old folder's file checkpoint, the service's /log/checkpoint, a witness or\n" +
      "a monitor. A backup that has less is refused; --force makes a new log of it, with a new name and key. Codes are made\n" +
      "in a new epoch afterwards. BACKUP may also be a bare database, such as a replica's, with --keys.",
    options: {
      data: { type: "string", value: "FOLDER", help: "what it becomes: absent or empty" },
      checkpoint: {
        type: "string",
        value: "FILE|URL",
        help: "the newest checkpoint known outside the backup",
      },
      force: { type: "boolean", help: "where records are lost: begin a new log" },
      keys: { type: "string", value: "PATH", help: "keys that are not in it: a folder keys/, or a keys.age" },
      ...PASSPHRASE_OPTION,
    },
    async run(call) {
      const from = resolve(onlyWord(call, "BACKUP"));
      const data = resolve(required(call, "data"));
      const keys = call.option("keys");
      const newest = await checkpointAt(call.option("checkpoint"));
      const progress = call.out.progress("proving");
      let restored: Restored;
      try {
        restored = await restore({
          from,
          keys: keys === undefined ? undefined : resolve(keys),
          data,
          passphrase: () => knownPassphrase(call),
          newest,
          force: call.flag("force"),
          progress: (done, total) => progress.update(done, total),
        });
      } finally {
        progress.end();
      }
      tell(call, data, restored);
      return DONE;
    },
  };
}

/** @param place a file, or an address: the log's, or that of its checkpoint */
async function checkpointAt(place: string | undefined): Promise<string | undefined> {
  if (place === undefined) return undefined;
  if (/^https?:/.test(place)) return new LogClient(place.replace(/\/checkpoint\/?$/, "")).checkpoint();
  try {
    return readFileSync(place, "utf8");
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
}

function tell({ out }: Invocation, data: string, restored: Restored): void {
  const { origin, size, lost, anew, epoch, record } = restored;
  out.document({ data, ...restored });
  out.line(`PROVEN: ${formatCounted(size, "record", "records")}, each as it was signed, and the keys.`);
  out.line(
    anew
      ? `A new log begins after them: ${origin}, with a new key. ${lossText(lost)}`
      : `The log of ${origin} goes on.\nNever serve its old folder again: two with one key would sign two histories.`,
  );
  out.line(`Codes are made in epoch ${epoch} from now on; record ${formatCount(record)} says so.`);
  out.line(
    `Back it up now: the new epoch's secret is in no backup yet. Then: npm run -s suyuan -- serve --data ${data}`,
  );
}

function lossText(lost: number | null): string {
  if (lost === null) return "What is lost, nobody knows.";
  return lost === 0 ? "Nothing is lost." : `${formatCounted(lost, "record is", "records are")} lost.`;
}
