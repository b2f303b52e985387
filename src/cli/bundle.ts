import { writeFileSync } from "node:fs";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, CommandFailed, DONE, onlyWord, required } from "./command.ts";
import { formatSize } from "./output.ts";
import { codeIn } from "./typed-code.ts";

export const bundle: Command = {
  name: "bundle",
  summary: "Fetch a code's journey with its proofs, for suyuan verify",
  words: "CODE",
  options: {
    output: { type: "string", short: "o", value: "FILE", help: "where it goes; never overwritten" },
    ...CLIENT_OPTIONS,
  },
  async run(call) {
    const code = codeIn(onlyWord(call, "CODE"));
    const file = required(call, "output");
    const response = await clientOf(call).send("GET", `/v1/trace/${encodeURIComponent(code)}/bundle`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    try {
      writeFileSync(file, bytes, { flag: "wx" });
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
      throw new CommandFailed(exists ? `${file} exists already` : (error as Error).message, { cause: error });
    }
    call.out.document({ code, file, sizeBytes: bytes.length });
    call.out.line(`${file}: ${formatSize(bytes.length)}. Check it with: suyuan verify ${file} --key VKEY`);
    return DONE;
  },
};
