import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";

/** What a figure depends on besides the code. */
export function describeMachine(): string {
  const processors = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return (
    `${processors[0]?.model.trim() ?? "unknown"}, ${processors.length} cores, ${gibibytes} GiB, ` +
    `${system()}, ${arch()}, Node ${process.versions.node}`
  );
}

function git(...words: string[]): string {
  return execFileSync("git", words, { encoding: "utf8", stdio: "pipe" }).trim();
}

/** The commit that is checked out, with `+` where files differ from it; `unknown` outside a repository. */
export function describeCommit(): string {
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short=12", "HEAD") + (changed ? "+" : "");
  } catch {
    return "unknown";
  }
}

function system(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    if (name !== undefined) return `${name}, ${type()} ${release()}`;
  } catch {
    // Not a system that has this file.
  }
  return `${type()} ${release()}`;
}
