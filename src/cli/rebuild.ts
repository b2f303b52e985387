import { resolve } from "node:path";
import { type Command, DONE, FAILED, noWords, required } from "./command.ts";

export const rebuildCommand: Command = {
  name: "rebuild",
  summary: "Derive everything of custody again from the records, and compare",
  about:
    "Chains, statuses of codes and look-ups follow from the records of the log. This derives them again beside those that\n" +
    "the folder has, compares the two to the last byte, and names the first rows that differ. The folder then gets the new\n" +
    "ones. The service must be stopped. With --check nothing is replaced, and a difference ends with exit code 1.",
  options: {
    data: { type: "string", value: "FOLDER", help: "the data folder" },
    check: { type: "boolean", help: "compare only" },
  },
  async run(call) {
    noWords(call);
    const folder = resolve(required(call, "data"));
    const check = call.flag("check");
    const { requireStore } = await import("../node/idle-store.ts");
    const { rebuild } = await import("../node/rebuild.ts");
    requireStore(folder);
    const progress = call.out.progress("applying records");
    try {
      const rebuilt = rebuild(folder, check, (done, total) => progress.update(done, total));
      progress.end();
      call.out.document({ ...rebuilt });
      const { records, rows, differences, first, replaced } = rebuilt;
      if (differences === 0)
        call.out.line(`Equal: ${count(rows)} rows follow from ${count(records)} records, as stored.`);
      else {
        call.out.line(
          `${count(differences)} of ${count(rows)} rows differ from what ${count(records)} records give:`,
        );
        for (const { table, key, found } of first)
          call.out.line(`  ${table} ${Object.values(key).join("/")}: ${found}`);
        if (differences > first.length) call.out.line(`  and ${count(differences - first.length)} more`);
        if (replaced) call.out.line("Replaced: the folder has the rows that the records give.");
      }
      return check && differences > 0 ? FAILED : DONE;
    } finally {
      progress.end();
    }
  },
};

function count(number: number): string {
  return number.toLocaleString("en-US");
}
