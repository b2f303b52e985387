import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, DONE, type Invocation, onlyWord, required, UsageError } from "./command.ts";
import { readInputText } from "./input-file.ts";
import { LogClient } from "./log-client.ts";
import { formatCount, formatCounted } from "./output.ts";
import { knownPassphrase, PASSPHRASE_OPTION } from "./passphrase.ts";
import type { Restored } from "../node/restore.ts";

export const restore: Command = {
  name: "restore",
  summary: "Verify a backup, and make a data folder from it",
  words: "BACKUP",
  about:
    "Every file, every record and the keys are verified before anything can be served. The whole is compared with the\n" +
    "newest checkpoint from outside: the old folder's file checkpoint, the service's /log/checkpoint, a witness's or a\n" +
    "monitor's. A backup with fewer records is refused. --force restores it as a new log, with a new name and key. Codes\n" +
    "are made in a new epoch afterwards. BACKUP may also be a bare database, such as a replica's, with --keys.",
  options: {
    data: { type: "string", value: "FOLDER", help: "the new data folder: absent or empty" },
    checkpoint: {
      type: "string",
      value: "FILE|URL",
      help: "the newest checkpoint that is known outside the backup",
    },
    force: { type: "boolean", help: "if records are lost: continue as a new log" },
    keys: {
      type: "string",
      value: "PATH",
      help: "keys that are not in BACKUP: a folder keys/, or a keys.age",
    },
    ...PASSPHRASE_OPTION,
  },
  async run(call) {
    const from = resolve(onlyWord(call, "BACKUP"));
    const data = resolve(required(call, "data"));
    const keys = call.option("keys");
    const newest = await checkpointAt(call.option("checkpoint"));
    const node = await import("../node/restore.ts");
    const progress = call.out.progress("verifying records and chains");
    let restored: Restored;
    try {
      restored = await node.restore({
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
    report(call, data, restored);
    return DONE;
  },
};

/** @param place a file, or an address: the log's, or that of its checkpoint */
async function checkpointAt(place: string | undefined): Promise<string | undefined> {
  if (place === undefined) return undefined;
  if (/^https?:/.test(place)) return new LogClient(place.replace(/\/checkpoint\/?$/, "")).checkpoint();
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(
      `--checkpoint takes a file, and ${place} is a folder: name ${join(place, "checkpoint")}`,
    );
  return readInputText(place);
}

function report({ out }: Invocation, data: string, restored: Restored): void {
  const { origin, size, lost, newLog, epoch, record } = restored;
  out.document({ data, ...restored });
  out.line(`PROVEN: ${formatCounted(size, "record", "records")}, each as it was signed, and the keys.`);
  out.line(
    newLog
      ? `A new log continues after them: ${origin}, with a new key. ${lossText(lost)}`
      : `The log of ${origin} continues.\nNever serve its old folder again: two services with one key would sign two histories.`,
  );
  out.line(`New codes are made in epoch ${epoch}, as record ${formatCount(record)} says.`);
  out.line(
    `Back it up now: no backup has the new epoch's secret yet. Then start it: npx suyuan serve --data ${data}`,
  );
}

function lossText(lost: number | null): string {
  if (lost === null) return "How many records are lost is not known.";
  return lost === 0 ? "No record is lost." : `${formatCounted(lost, "record is", "records are")} lost.`;
}
