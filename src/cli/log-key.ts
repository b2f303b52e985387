import { resolve } from "node:path";
import { type Command, DONE, onlyWord, required, UsageError } from "./command.ts";
import { formatCount } from "./output.ts";
import type { LogKeys } from "../node/change-log-key.ts";

export const logKey: Command = {
  name: "log-key",
  summary: "Show or change the key that signs the log",
  words: "show | rotate | retire",
  about:
    "show prints the public keys, also while a service runs. rotate adds a second key of the same name: both sign from\n" +
    "then on, and a record names the new one. retire removes the older key: wait until everybody who verifies has the new\n" +
    "one. Stop the service before rotate and retire.",
  options: {
    data: { type: "string", value: "FOLDER", help: "the data folder" },
  },
  async run(call) {
    const verb = onlyWord(call, "show, rotate or retire");
    if (verb !== "show" && verb !== "rotate" && verb !== "retire")
      throw new UsageError(`takes show, rotate or retire, not ${verb}`);
    const keys = await run(verb, resolve(required(call, "data")));
    call.out.document(keys);
    if (keys.record !== null)
      call.out.line(`Recorded in record ${formatCount(keys.record)} of ${keys.origin}.`);
    for (const vkey of keys.vkeys) call.out.line(vkey);
    return DONE;
  },
};

async function run(verb: "show" | "rotate" | "retire", data: string): Promise<LogKeys> {
  const { retireLogKey, rotateLogKey, showLogKeys } = await import("../node/change-log-key.ts");
  if (verb === "show") return showLogKeys(data);
  return verb === "rotate" ? rotateLogKey(data) : retireLogKey(data);
}
