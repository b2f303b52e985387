import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { expect } from "vitest";
import { GO } from "./foreign/go.ts";

/** Commands of documents and examples, run by bash in a stand-in for the project's folder. */

export const ROOT = resolve(import.meta.dirname, "..");

/** The tools that the commands need and this machine lacks. */
export const missingTools = ["bash", "curl", "jq", "sha256sum"].filter(
  (tool) => spawnSync("which", [tool]).status !== 0,
);
if (missingTools.length > 0)
  console.log(`skipped: commands of documents and examples (${missingTools.join(", ")} not installed)`);

/** A temporary folder with links to the project's files, so that files which commands write stay out of the project. */
export function projectFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-docs-"));
  for (const name of readdirSync(ROOT))
    if (!name.startsWith(".") && name !== "data") symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

/** The blocks of a document that are marked `sh`. */
export function blocksOf(document: string): string[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

export interface Ended {
  status: number | null;
  /** Standard output and standard error, in the order of arrival. */
  out: string;
}

/** Runs a script with `bash -euo pipefail`; of `SUYUAN_…` it sees only what is given. */
export async function runScript(
  script: string,
  folder: string,
  environment: Record<string, string> = {},
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("SUYUAN_"));
  // A compiler may be where no PATH leads.
  const path = [join(ROOT, "node_modules/.bin"), process.env["PATH"], ...(GO ? [dirname(GO)] : [])];
  const env = {
    ...Object.fromEntries(inherited),
    PATH: path.join(delimiter),
    HOME: folder,
    GOCACHE: join(homedir(), ".cache/go-build"),
    ...environment,
  };
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (out += part));
  const status = await new Promise<number | null>((ended) => child.once("close", ended));
  return { status, out };
}

/** Runs blocks one after the other in one shell; they must succeed. @returns what they wrote */
export async function runBlocks(
  blocks: string[],
  folder: string,
  environment: Record<string, string> = {},
): Promise<string> {
  const { status, out } = await runScript(blocks.join("\n"), folder, environment);
  expect(status, out).toBe(0);
  return out;
}

/** Replaces the value of variables that blocks set at the start of a line; each must be there. */
export function withVariables(blocks: string[], variables: Record<string, string>): string[] {
  let script = blocks.join("\n");
  for (const [name, value] of Object.entries(variables)) {
    const set = new RegExp(`^${name}=\\S+`, "m");
    expect(script).toMatch(set);
    script = script.replace(set, () => `${name}=${value}`);
  }
  return [script];
}
