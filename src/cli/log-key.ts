import { resolve } from "node:path";
import { type Command, DONE, onlyWord, required, UsageError } from "./command.ts";
import { formatCount } from "./output.ts";

interface LogKeys {
  origin: string;
  vkeys: string[];
  record: number | null;
}

/** Shows or changes the keys of a data folder that no service holds. */
export interface LogKeyChanges {
  show(data: string): Promise<LogKeys>;
  rotate(data: string): Promise<LogKeys>;
  retire(data: string): Promise<LogKeys>;
}

export function logKeyCommand(changes: LogKeyChanges): Command {
  return {
    name: "log-key",
    summary: "Show or change the key that signs the log",
    words: "show | rotate | retire",
    about:
      "rotate makes a second key of the same name: both sign from then on, and a record names the new one. When all who\n" +
      "verify have it, retire takes the older one away. Both need the data folder while no service holds it.",
    options: {
      data: { type: "string", value: "FOLDER", help: "a data folder that no service holds" },
    },
    async run(call) {
      const verb = onlyWord(call, "show, rotate or retire");
      if (verb !== "show" && verb !== "rotate" && verb !== "retire")
        throw new UsageError("takes show, rotate or retire");
      const keys = await changes[verb](resolve(required(call, "data")));
      call.out.document(keys);
      if (verb !== "show" && keys.record !== null)
        call.out.line(`Recorded in record ${formatCount(keys.record)} of ${keys.origin}.`);
      for (const vkey of keys.vkeys) call.out.line(vkey);
      return DONE;
    },
  };
}
