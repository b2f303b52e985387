import { resolve } from "node:path";
import { type Command, DONE, onlyWord, required } from "./command.ts";
import { formatCounted, formatSize } from "./output.ts";
import { newPassphrase, PASSPHRASE_OPTION } from "./passphrase.ts";

/** What a backup holds. */
interface Backup {
  origin: string;
  size: number;
  root: string;
  at: string;
  files: Readonly<Record<string, { sha256: string; sizeBytes: number } | undefined>>;
}

/** Copies a data folder, live or not; without a passphrase its keys are left out. */
export type MakeBackup = (data: string, target: string, passphrase: string | undefined) => Promise<Backup>;

export function backupCommand(makeBackup: MakeBackup): Command {
  return {
    name: "backup",
    summary: "Copy a store, while it is in use, together with its keys",
    words: "TARGET",
    about:
      "TARGET becomes a folder: the store as it was between two commits, its signed checkpoint, its keys encrypted with a\n" +
      "passphrase (keys.age: `age -d` opens it too), and the digests of all three. It is never overwritten. Run it on the\n" +
      "machine that the service runs on; serving goes on meanwhile.",
    options: {
      data: { type: "string", value: "FOLDER", help: "the data folder, whether a service holds it or not" },
      "without-keys": { type: "boolean", help: "where the keys are kept apart" },
      ...PASSPHRASE_OPTION,
    },
    async run(call) {
      const target = resolve(onlyWord(call, "TARGET"));
      const data = resolve(required(call, "data"));
      const passphrase = call.flag("without-keys") ? undefined : await newPassphrase(call);
      const backup = await makeBackup(data, target, passphrase);
      call.out.document({ target, ...backup });
      const sizeBytes = Object.values(backup.files).reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0);
      const records = formatCounted(backup.size, "record", "records");
      call.out.line(`${target}: ${formatSize(sizeBytes)}, the log of ${backup.origin} at ${records}.`);
      call.out.line(
        passphrase === undefined
          ? "The keys are not in it. Without the folder keys/ of the data folder it cannot be restored."
          : "The keys are in it. Without the passphrase it cannot be restored: keep that elsewhere.",
      );
      return DONE;
    },
  };
}
