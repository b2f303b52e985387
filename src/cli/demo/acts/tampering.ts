import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AuditReport } from "../../audit-text.ts";
import { Client } from "../../client.ts";
import { CommandFailed } from "../../command.ts";
import type { Narrator } from "../narrator.ts";
import { overwriteByte } from "../tamper.ts";
import type { CheckedBundle } from "./offline.ts";

/** What the chapter needs besides the goods. */
export interface TamperingNeeds {
  url: string;
  operatorKey: string;
  folder: string;
  /** Audits a copy of the store, read only. */
  auditCopy: (file: string) => Promise<AuditReport>;
}

/**
 * Chapter 9: somebody with the disk makes a failed cooling disappear, 31.6 degrees become 21.6. The audit of a copy
 * names the record.
 * @throws CommandFailed where the untouched copy is not sound, or the change is not detected
 */
export function tamper(
  narrator: Narrator,
  { url, operatorKey, folder, auditCopy }: TamperingNeeds,
  sensor: string,
  { records }: CheckedBundle,
): Promise<{ detected: true; at: string }> {
  const target = records.find(({ record }) => record.includes(`"${sensor}"`));
  if (target === undefined) throw new CommandFailed("the sensor's record is not in the bundle");
  const faked = `2${sensor.slice(1)}`;
  const changed = join(folder, "changed.db");
  return narrator.chapter("9. Somebody with the disk, but not the keys", async () => {
    const { file } = await new Client(url, operatorKey).call<{ file: string }>("POST", "/v1/backups");
    copyFileSync(file, changed);
    overwriteByte(changed, target.record, sensor, faked);
    narrator.say(
      `In a copy of the store one byte is changed: the hold was never at ${sensor} °C, but at ${faked}.`,
    );
    narrator.working("auditing two copies", 0);
    try {
      const [clean, broken] = await Promise.all([auditCopy(file), auditCopy(changed)]);
      if (!clean.ok)
        throw new CommandFailed(`the untouched copy is not sound: ${JSON.stringify(clean.breaks)}`);
      const [first] = broken.breaks;
      if (broken.ok || first === undefined) throw new CommandFailed("one changed byte was not detected");
      if (first.at !== `record ${target.index}`)
        throw new CommandFailed(`record ${target.index} was changed, but the audit names ${first.at}`);
      narrator.say(
        `An untouched copy is sound. The changed one is broken at ${first.at}: ${first.rule} hash expected`,
        `${first.expected.slice(0, 12)}…, found ${first.found.slice(0, 12)}….`,
      );
      return { detected: true, at: first.at };
    } finally {
      rmSync(changed, { force: true });
    }
  });
}
