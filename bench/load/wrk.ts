import { join } from "node:path";
import { findProgram, runProgram } from "../process.ts";

/** What one run of wrk found. */
export interface WrkResult {
  requests: number;
  seconds: number;
  bytes: number;
  /** Answers with a status of 400 or more. */
  refused: number;
  /** Connections that failed, and requests without an answer in time. */
  broken: number;
  p50Ms: number;
  p99Ms: number;
}

export const WRK = findProgram("wrk");
export const HOW_TO_GET_WRK = "wrk is missing: on Debian or Ubuntu, apt-get install wrk";

interface Run {
  url: string;
  connections: number;
  seconds: number;
  core: number | undefined;
}

let offset = 0;

/** Asks for the paths of a file over and over, as fast as they are answered; each run begins elsewhere in the file. */
export function askWithWrk(run: Run, paths: string): Promise<WrkResult> {
  offset += 99_991;
  return wrk(run, "paths.lua", [paths, String(offset)]);
}

/** Posts the bodies of a file, each once, as fast as they are answered. */
export function postWithWrk(
  run: Run,
  { bodies, path, key, prefix }: { bodies: string; path: string; key: string; prefix: string },
): Promise<WrkResult> {
  return wrk(run, "bodies.lua", [bodies, path, key, prefix]);
}

/** @throws Error where wrk is missing or fails, or any answer was not as it must be */
async function wrk(
  { url, connections, seconds, core }: Run,
  script: string,
  args: string[],
): Promise<WrkResult> {
  if (WRK === undefined) throw new Error(HOW_TO_GET_WRK);
  const options = ["-t1", `-c${connections}`, `-d${Math.max(1, Math.round(seconds))}s`, "--timeout", "10s"];
  const file = join(import.meta.dirname, script);
  const printed = await runProgram(WRK, [...options, "-s", file, url, "--", ...args], core);
  const line = printed.split("\n").find((one) => one.startsWith("{"));
  if (line === undefined) throw new Error(`wrk said no figures:\n${printed}`);
  const result = JSON.parse(line) as WrkResult;
  if (result.requests === 0 || result.refused > 0 || result.broken > 0)
    throw new Error(`under load, answers failed: ${line}`);
  return result;
}
