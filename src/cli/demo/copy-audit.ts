import { spawn } from "node:child_process";
import { CommandFailed, DONE, FAILED } from "../command.ts";
import type { AuditReport } from "../audit-text.ts";
import { isSetting } from "../../node/setting-table.ts";

/**
 * Audits a copy of a store with `suyuan audit --copy`, in a process of its own: two audits use two cores, and the demo
 * answers its visitors meanwhile.
 * @param vkey the log's public key, as text
 * @param signal ends the process
 * @throws CommandFailed where the audit could not be made
 */
export async function auditCopy(file: string, vkey: string, signal: AbortSignal): Promise<AuditReport> {
  const program = process.argv[1] as string;
  const { code, stdout, stderr } = await run(
    [program, "audit", "--copy", file, "--log-key", vkey, "--json"],
    signal,
  );
  if (code === DONE || (code === FAILED && stdout !== "")) return JSON.parse(stdout) as AuditReport;
  throw new CommandFailed(`the audit of ${file} ended with exit code ${code}: ${stderr.trim()}`);
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
    const child = spawn(process.execPath, args, { env, signal, stdio: ["ignore", "pipe", "pipe"] });
    const ended: Ended = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part: string) => (ended.stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (ended.stderr += part));
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...ended, code }));
  });
}
