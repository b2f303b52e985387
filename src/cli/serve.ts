import { type Command, noWords } from "./command.ts";
import { serve } from "../node/service-process.ts";

/** Options with the setting that each stands for. */
const SETTINGS: Readonly<Record<string, string>> = {
  data: "SUYUAN_DATA",
  address: "SUYUAN_ADDRESS",
  port: "SUYUAN_PORT",
  host: "SUYUAN_HOST",
};

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the service until Ctrl-C",
  about:
    "Every setting is an environment variable; the four below are options too. HOST is what codes' links name, such as\n" +
    "trace.example.org: phones open https://HOST/01/…, so a proxy with a certificate stands in front.",
  options: {
    data: { type: "string", value: "FOLDER", help: "store, keys and checkpoint (SUYUAN_DATA; data)" },
    address: { type: "string", value: "ADDRESS", help: "where to listen (SUYUAN_ADDRESS; 127.0.0.1)" },
    port: { type: "string", value: "PORT", help: "(SUYUAN_PORT; 8080)" },
    host: { type: "string", value: "HOST", help: "the host in codes' links (SUYUAN_HOST; localhost:PORT)" },
  },
  async run(call) {
    noWords(call);
    const environment: Record<string, string | undefined> = { ...process.env };
    for (const [option, variable] of Object.entries(SETTINGS)) {
      const value = call.option(option);
      if (value !== undefined) environment[variable] = value;
    }
    return serve(environment, call.out.json);
  },
};
