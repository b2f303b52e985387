import { resolve } from "node:path";
import { type Command, DONE, onlyWord, required } from "./command.ts";
import { formatCounted, formatSize } from "./output.ts";
import { newPassphrase, PASSPHRASE_OPTION } from "./passphrase.ts";

export const backup: Command = {
  name: "backup",
  summary: "Copy a data folder, also while a service serves it",
  words: "TARGET",
  about:
    "TARGET becomes a folder with four files: the database as it was between two commits, its signed checkpoint, the keys\n" +
    "encrypted with a passphrase (keys.age: `age -d` decrypts it too), and a manifest with the digest of each. Nothing is\n" +
    "overwritten: TARGET must be absent or empty. Run it on the service's machine; the service need not stop.",
  options: {
    data: { type: "string", value: "FOLDER", help: "the data folder; a service may have it open" },
    "without-keys": { type: "boolean", help: "leave the keys out, if you keep them elsewhere" },
    ...PASSPHRASE_OPTION,
  },
  async run(call) {
    const target = resolve(onlyWord(call, "TARGET"));
    const data = resolve(required(call, "data"));
    const { makeBackup, requireBackupPossible } = await import("../node/make-backup.ts");
    const check = (): void => requireBackupPossible(data, target);
    const passphrase = call.flag("without-keys") ? undefined : await newPassphrase(call, check);
    const made = await makeBackup(data, target, passphrase);
    call.out.document({ target, ...made });
    const sizeBytes = Object.values(made.files).reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0);
    const records = formatCounted(made.size, "record", "records");
    call.out.line(`${target}: ${formatSize(sizeBytes)}, the log of ${made.origin} at ${records}.`);
    call.out.line(
      passphrase === undefined
        ? "The keys are not in it. To restore it, you also need the folder keys/ of the data folder."
        : "The keys are in it. To restore it, you need the passphrase: keep it elsewhere.",
    );
    return DONE;
  },
};
