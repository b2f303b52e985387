import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = resolve(ROOT, "node_modules/.bin/node");

// Each program that runs has its listener.
process.setMaxListeners(0);

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running program, with its output so far. */
export interface Started {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when it wrote a text that matches. @throws where it ended before */
  wrote(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
}

/** Starts an entry of src/ without inheriting any `SUYUAN_…` variable. */
export function start(entry: string, args: string[] = [], environment: Record<string, string> = {}): Started {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("SUYUAN_"));
  const env = { ...Object.fromEntries(inherited), ...environment };
  // A test that fails must not leave its service behind.
  const child = spawn(NODE, [resolve(ROOT, "src", entry), ...args], { cwd: tmpdir(), env });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  child.once("close", () => process.off("exit", end));
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const heard = (): void => listeners.forEach((listener) => listener());
  child.stdout.on("data", (part: Buffer) => {
    stdout += part.toString();
    heard();
  });
  child.stderr.on("data", (part: Buffer) => {
    stderr += part.toString();
    heard();
  });
  const ended = new Promise<Ended>((settle) =>
    child.once("close", (code) => {
      settle({ code, stdout, stderr });
      heard();
    }),
  );
  const wrote = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((found, fail) => {
      const look = (): void => {
        const match = pattern.exec(stdout);
        if (match === null && child.exitCode === null) return;
        listeners.delete(look);
        if (match) found(match);
        else fail(new Error(`ended with ${child.exitCode} before it wrote ${pattern}: ${stdout}${stderr}`));
      };
      listeners.add(look);
      look();
    });
  return { child, stdout: () => stdout, stderr: () => stderr, wrote, ended };
}

/** What a command wrote to stderr, without the progress that it shows once a second: a slow machine shows more of it. */
export function withoutProgress(stderr: string): string {
  return stderr.replace(/^[^:\n]+: [\d,]+(?: of [\d,]+)?[^\n]*\n/gm, "");
}

/** Runs the `suyuan` command to its end. */
export function suyuan(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  return start("cli/main.ts", args, environment).ended;
}

/** A service in a separate process that listens. */
export interface Service extends Started {
  url: string;
  folder: string;
  operatorKey: string;
  /** SIGTERM, and its exit. */
  stop(): Promise<Ended>;
}

export async function startService(
  folder = temporaryFolder(),
  environment: Record<string, string> = {},
): Promise<Service> {
  const started = start("cli/main.ts", ["serve"], {
    SUYUAN_DATA: folder,
    SUYUAN_PORT: "0",
    SUYUAN_HOST: "trace.example.org",
    ...environment,
  });
  const [, url = ""] = await started.wrote(/listening at (http:\S+)/);
  const operatorKey = /sy_\S+/.exec(started.stdout())?.[0] ?? "";
  const stop = (): Promise<Ended> => {
    started.child.kill("SIGTERM");
    return started.ended;
  };
  return { ...started, url, folder, operatorKey, stop };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "suyuan-cli-"));
}
