import { writeFileSync } from "node:fs";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, DONE, onlyWord, required } from "./command.ts";
import { writeFailure } from "./input-file.ts";
import { formatSize } from "./output.ts";
import { codeIn } from "./typed-code.ts";

export const bundle: Command = {
  name: "bundle",
  summary: "Fetch the journey of a code with its proofs, for suyuan verify",
  words: "CODE",
  options: {
    output: {
      type: "string",
      short: "o",
      value: "FILE",
      help: "a new file for the bundle; never overwritten",
    },
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
      throw writeFailure(file, error);
    }
    call.out.document({ code, file, sizeBytes: bytes.length });
    call.out.line(`${file}: ${formatSize(bytes.length)}. Check it with: suyuan verify ${file} --key VKEY`);
    return DONE;
  },
};
