import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dirname, "..");
/** What was started and has not ended: nothing outlives the benchmark. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
/** How long a process may take to begin or to end. */
const PATIENCE_MS = 120_000;

/** A server that the benchmark started, in a process of its own. */
export interface Server {
  url: string;
  port: number;
  pid: number;
  /** Resident memory now, in MB (10^6 bytes). */
  memoryMb(): number;
  /** Asks it to end, and waits until it did. @throws Error where it ended badly */
  stop(): Promise<void>;
}

/**
 * Starts a program of this repository with this Node and waits for the URL that it prints.
 * @param core the processor that it is kept to; absent: any
 * @throws Error with what it printed, where it ends or prints no URL in time
 */
export async function startServer(
  words: string[],
  environment: Record<string, string> = {},
  core?: number,
): Promise<Server> {
  const { command, args } = onCore(core, process.execPath, words);
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = collect(child);
  const ended = new Promise<number | null>((settle) => child.once("exit", settle));
  const url = await firstUrl(child, ended, printed);
  const pid = child.pid as number;
  return {
    url,
    port: Number(new URL(url).port),
    pid,
    memoryMb: () => residentMb(pid),
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
      const code = await ended;
      clearTimeout(late);
      if (code !== 0) throw new Error(`${words[0]} ended with ${code}:\n${printed.text}`);
    },
  };
}

/** Starts the service itself on a data folder, as `npm start` does. */
export function startSuyuan(environment: Record<string, string>, core?: number): Promise<Server> {
  const [, words = ""] = packageJson.scripts.start.split("exec node ");
  return startServer(words.split(" "), environment, core);
}

/**
 * Runs a program and gives what it printed.
 * @param accepted exit codes besides 0 that are no failure
 * @throws Error with what it printed, where it fails
 */
export async function runProgram(
  command: string,
  args: string[],
  core?: number,
  accepted: readonly number[] = [],
): Promise<string> {
  const kept = onCore(core, command, args);
  const child = spawn(kept.command, kept.args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const printed = collect(child);
  const code = await new Promise<number | null>((settle, reject) => {
    child.once("error", reject);
    child.once("close", settle);
  });
  if (code === null || (code !== 0 && !accepted.includes(code)))
    throw new Error(`${command} ended with ${code}:\n${printed.text}`);
  return printed.text;
}

/** Where a program is found: on PATH, or where `go install` puts it. */
export function findProgram(name: string): string | undefined {
  const places = [...(process.env["PATH"] ?? "").split(":"), join(process.env["HOME"] ?? "/", "go/bin")];
  for (const place of places)
    try {
      const file = join(place, name);
      execFileSync("test", ["-x", file]);
      return file;
    } catch {
      // Not here.
    }
  return undefined;
}

/** Resident memory of a process in MB, by Linux's account of it; NaN elsewhere. */
function residentMb(pid: number): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return Number.NaN;
  }
}

const taskset = findProgram("taskset");

function onCore(
  core: number | undefined,
  command: string,
  args: string[],
): { command: string; args: string[] } {
  if (core === undefined || taskset === undefined) return { command, args };
  return { command: taskset, args: ["-c", String(core), command, ...args] };
}

function collect(child: ChildProcess): { text: string } {
  running.add(child);
  child.once("exit", () => running.delete(child));
  const printed = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (printed.text += text));
  return printed;
}

function firstUrl(
  child: ChildProcess,
  ended: Promise<number | null>,
  printed: { text: string },
): Promise<string> {
  return new Promise((settle, reject) => {
    const look = (): void => {
      const url = /listening at (http:\/\/[\w.:]+)/.exec(printed.text)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      settle(url);
    };
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`no server in time:\n${printed.text}`));
    }, PATIENCE_MS);
    child.stdout?.on("data", look);
    child.once("error", reject);
    void ended.then((code) => reject(new Error(`the server ended with ${code}:\n${printed.text}`)));
  });
}
