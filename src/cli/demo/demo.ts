import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Running } from "../../node/serve.ts";
import { type Command, CommandFailed, DONE, type Invocation, noWords } from "../command.ts";
import { auditCopy } from "./copy-audit.ts";
import { choosePort, DEFAULT_PORT, type DemoSettings, demoSettings } from "./settings.ts";
import { suyuanWords } from "./shell-command.ts";
import type { Ending } from "./story.ts";

/** The story's codes are ordered this long ago, by the service's clock: the goods then travel until today. */
const LEAD_MS = 100 * 24 * 60 * 60 * 1000;
/** Exit code after a signal during the story: what shells expect of SIGINT, 128 + 2. */
const INTERRUPTED = 130;

export const demo: Command = {
  name: "demo",
  summary: "Start a fresh service and drive it with six kinds of goods, as a story",
  about:
    "The service listens at once, and the story goes through its public HTTP API alone. At the end the\n" +
    "demo prints pages, API keys and commands to try, and serves until Ctrl-C. With --json it prints one\n" +
    "document after the story.\n\n" +
    "An option wins over its environment variable. Other SUYUAN_ settings of the service do not apply:\n" +
    "the story sets what it needs, and a demo must not reach the witnesses of a real log.\n\n" +
    "HOST is in the links on labels: for phones to open them, a proxy with https must lead there.",
  options: {
    once: { type: "boolean", help: "end after the story" },
    report: { type: "string", value: "FILE", help: "write its figures as JSON" },
    port: {
      type: "string",
      value: "PORT",
      help: "where to listen (SUYUAN_PORT; 8080, or the next free one; 0 for any)",
    },
    address: { type: "string", value: "ADDRESS", help: "where to listen (SUYUAN_ADDRESS; 127.0.0.1)" },
    host: { type: "string", value: "HOST", help: "the host in codes' links (SUYUAN_HOST; localhost:PORT)" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "keep the store there (SUYUAN_DATA; a temporary folder, removed at the end)",
    },
  },
  async run(call) {
    noWords(call);
    const settings = demoSettings(call, process.env);
    for (const name of settings.ignored) call.out.note(`${name} does not apply to the demo`);
    const port = await freePort(call, settings);
    const kept = settings.data === undefined ? undefined : freshFolder(settings.data);
    const { signalled } = await import("../../node/signals.ts");
    // Before anything is made that must go again: a signal at any later moment ends the demo cleanly.
    const ended = signalled();
    if (kept !== undefined) return perform(call, settings, kept, port, ended);
    const folder = mkdtempSync(join(tmpdir(), "suyuan-demo-"));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    // A second signal ends the process at once: it must not leave the folder either.
    process.once("exit", remove);
    try {
      return await perform(call, settings, folder, port, ended);
    } finally {
      remove();
    }
  },
};

/** Starts the service, plays the story, and serves on until a signal. Resolves with the exit code. */
async function perform(
  call: Invocation,
  settings: DemoSettings,
  folder: string,
  port: number,
  ended: Promise<void>,
): Promise<number> {
  const clock = { behindMs: LEAD_MS };
  const running = await serve(settings, folder, port, clock);
  const stop = new AbortController();
  let playing: Promise<Ending> | undefined;
  try {
    greet(call, running.url, settings);
    playing = play(call, running, folder, clock, stop.signal);
    const ending = await Promise.race([playing, ended.then(() => undefined)]);
    if (ending === undefined) {
      call.out.note("Interrupted before the story ended.");
      return INTERRUPTED;
    }
    await invite(call, running.url, folder, ending);
    if (!call.flag("once")) await ended;
    return DONE;
  } finally {
    stop.abort();
    await running.close();
    // Its requests have failed by now, and the folder may go.
    await playing?.catch(() => undefined);
  }
}

async function serve(
  { address, host }: DemoSettings,
  folder: string,
  port: number,
  clock: { behindMs: number },
): Promise<Running> {
  const { configFrom } = await import("../../node/config.ts");
  const { nodePlatform } = await import("../../node/platform.ts");
  const { startService } = await import("../../node/serve.ts");
  return startService(
    configFrom({
      SUYUAN_DATA: folder,
      SUYUAN_ADDRESS: address,
      SUYUAN_PORT: String(port),
      // The story's scanners say where they are, as a proxy in front would.
      SUYUAN_TRUSTED_PROXIES: "127.0.0.1, ::1",
      SUYUAN_REGION_HEADER: "X-Suyuan-Region",
      ...(host === undefined ? {} : { SUYUAN_HOST: host }),
    }),
    undefined,
    {
      ...nodePlatform,
      now: () => nodePlatform.now() - clock.behindMs,
      // The demonstration passes these days: to the service they have gone by.
      monotonic: () => nodePlatform.monotonic() - clock.behindMs,
    },
  );
}

function greet({ out }: Invocation, url: string, { data }: DemoSettings): void {
  const place = data === undefined ? "in a temporary folder, removed at the end" : `in ${resolve(data)}`;
  for (const line of [
    `Suyuan (溯源): a fresh service is listening at ${url}`,
    `  ${url}/      type a code as a consumer does`,
    `  ${url}/docs  the API reference`,
    `Its data is ${place}. Ctrl-C ends it at any time.`,
    "",
    "The story: six kinds of goods, from an order to a consumer's scan. At the left, its seconds so far.",
  ])
    out.line(line);
}

async function play(
  call: Invocation,
  { url, opened }: Running,
  folder: string,
  clock: { behindMs: number },
  signal: AbortSignal,
): Promise<Ending> {
  const { playStory } = await import("./story.ts");
  const ending = await playStory({
    url,
    folder,
    operatorKey: opened.firstStart?.operatorKey ?? "",
    out: call.out,
    auditCopy: (file, vkey) => auditCopy(file, vkey, signal),
    ordered: () => (clock.behindMs = 0),
    signal,
  });
  const file = call.option("report");
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(ending.report, null, 2)}\n`);
  return ending;
}

/** Prints what to try, or with `--json` the document. With `--once` there is nothing to try: the service ends. */
async function invite(call: Invocation, url: string, folder: string, ending: Ending): Promise<void> {
  const { out } = call;
  const { report } = ending;
  out.line();
  out.line(`The whole story took ${report.seconds} s.`);
  if (call.flag("once")) return out.document(report);
  const { invitationDocument, invitationTo, printInvitation } = await import("./invitation.ts");
  const suyuan = suyuanWords(process.env, process.argv);
  const invitation = invitationTo(ending, { url, folder, suyuan, nowMs: Date.now() });
  out.document({ ...report, url, ...invitationDocument(invitation) });
  out.line();
  printInvitation(out, invitation);
  out.line();
  out.line(`Still serving at ${url}. Ctrl-C ends it.`);
}

async function freePort({ out }: Invocation, { address, port: asked }: DemoSettings): Promise<number> {
  const port = await choosePort(address, asked);
  if (asked === undefined && port !== DEFAULT_PORT)
    out.note(`port ${DEFAULT_PORT} is in use; listening at ${port} instead`);
  return port;
}

/** @throws CommandFailed where it has a store */
function freshFolder(path: string): string {
  const folder = resolve(path);
  if (existsSync(join(folder, "suyuan.db")))
    throw new CommandFailed(
      `${folder} has a store already: name a fresh folder for the demo (--data, SUYUAN_DATA)`,
    );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
