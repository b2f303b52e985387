import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  type Command,
  CommandFailed,
  DONE,
  type Invocation,
  noWords,
  UsageError,
  wholeNumber,
} from "../command.ts";
import type { Told } from "./story.ts";
import type { Running } from "../../node/serve.ts";

const ADDRESS = "127.0.0.1";
const DEFAULT_PORT = 8080;

export const demo: Command = {
  name: "demo",
  summary: "Start a fresh service and drive it with six kinds of goods, told as a story",
  about:
    "Everything goes through the public HTTP API. Then it keeps serving until Ctrl-C, so that the pages can be opened.\n" +
    "Links on labels name HOST: for labels that phones can open, give a host that leads here through a proxy with https.",
  options: {
    once: { type: "boolean", help: "end after the story" },
    report: { type: "string", value: "FILE", help: "write its figures as JSON" },
    port: { type: "string", value: "PORT", help: `where to listen (${DEFAULT_PORT}, or a free one)` },
    host: { type: "string", value: "HOST", help: "the host in codes' links (localhost:PORT)" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "keep the store there (a temporary folder, removed at the end)",
    },
  },
  async run(call) {
    noWords(call);
    const kept = call.option("data");
    const port = await choosePort(call);
    const folder = kept === undefined ? mkdtempSync(join(tmpdir(), "suyuan-demo-")) : freshFolder(kept);
    try {
      return await perform(call, folder, port);
    } finally {
      if (kept === undefined) rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function perform(call: Invocation, folder: string, port: number): Promise<number> {
  const { configFrom } = await import("../../node/config.ts");
  const { signalled, startService } = await import("../../node/serve.ts");
  const host = call.option("host");
  const config = configFrom({
    SUYUAN_DATA: folder,
    SUYUAN_ADDRESS: ADDRESS,
    SUYUAN_PORT: String(port),
    // The story's scanners say where they are, as a proxy in front would.
    SUYUAN_TRUST_PROXY: "true",
    ...(host === undefined ? {} : { SUYUAN_HOST: host }),
  });
  const running = await startService(config);
  const ended = signalled();
  try {
    const told = await Promise.race([play(call, running, folder), ended.then(() => undefined)]);
    if (told === undefined) throw new CommandFailed("interrupted");
    call.out.document(told.report);
    if (call.flag("once")) return DONE;
    invite(call, running.url, told);
    await ended;
    return DONE;
  } finally {
    await running.close();
  }
}

async function play(call: Invocation, { url, opened }: Running, folder: string): Promise<Told> {
  const { tellStory } = await import("./story.ts");
  const { idleStore } = await import("../../node/idle-store.ts");
  const told = await tellStory({
    url,
    folder,
    operatorKey: opened.firstStart?.operatorKey ?? "",
    out: call.out,
    auditCopy: (file, key) => idleStore.copy(file, key, () => undefined),
  });
  const file = call.option("report");
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(told.report, null, 2)}\n`);
  call.out.line();
  call.out.line(`The whole story took ${told.report.seconds} s.`);
  return told;
}

function invite({ out }: Invocation, url: string, { code, gtin, recalled, bundle, vkey }: Told): void {
  const page = gtin === null ? `/T/${code}` : `/01/${gtin}/21/${code}`;
  for (const line of [
    "",
    "Still serving. Open in a browser:",
    `  ${url}${page}   a consumer's page, genuine`,
    `  ${url}/T/${recalled}   one that is recalled`,
    `  ${url}/docs   the API, by example`,
    "Or in another terminal:",
    `  npm run suyuan -- trace ${code} --url ${url}`,
    `  npm run suyuan -- verify ${bundle} --key '${vkey}'`,
    "",
    "Ctrl-C ends it.",
  ])
    out.line(line);
}

/** The port that is asked for, else 8080, else a free one. */
async function choosePort(call: Invocation): Promise<number> {
  const asked = call.option("port");
  const port = asked === undefined ? DEFAULT_PORT : wholeNumber(asked, "port");
  if (port > 65_535) throw new UsageError(`--port must be at most 65535, not ${port}`);
  if (port !== 0 && (await probe(port)) === port) return port;
  if (asked !== undefined && port !== 0)
    throw new CommandFailed(`port ${port} is in use: choose another, or 0`);
  const free = await probe(0);
  if (free === undefined) throw new CommandFailed("no port is free");
  if (port !== 0) call.out.note(`port ${port} is in use; taking ${free}`);
  return free;
}

/** The port that can be listened at, undefined where it is in use. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((settle) => {
    const server = createServer();
    server.once("error", () => settle(undefined));
    server.listen(port, ADDRESS, () => {
      const address = server.address();
      server.close(() => settle(typeof address === "object" ? address?.port : undefined));
    });
  });
}

function freshFolder(path: string): string {
  const folder = resolve(path);
  if (existsSync(join(folder, "suyuan.db")))
    throw new CommandFailed(`${folder} has a store already: the demo begins in a fresh folder`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
