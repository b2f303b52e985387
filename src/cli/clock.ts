import { resolve } from "node:path";
import { acceptClock } from "../node/clock-decision.ts";
import { type Command, DONE, onlyWord, required, UsageError } from "./command.ts";

export const clock: Command = {
  name: "clock",
  summary: "Accept the machine's clock, after the service refused it",
  words: "accept",
  about:
    "A service refuses records while the clock is far from the time that passed, or behind the last record. Compare the\n" +
    "clock with another one first. If it is wrong, set it: the service goes on by itself. If it is right, accept it.",
  options: {
    data: { type: "string", value: "FOLDER", help: "the data folder" },
  },
  async run(call) {
    const verb = onlyWord(call, "accept");
    if (verb !== "accept") throw new UsageError(`takes accept, not ${verb}`);
    const accepted = acceptClock(resolve(required(call, "data")), Date.now());
    call.out.document({ accepted });
    call.out.line(
      `Accepted: it is ${accepted}. A running service applies it at its next write, within 24 hours.`,
    );
    return DONE;
  },
};
