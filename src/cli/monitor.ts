import { setTimeout as sleep } from "node:timers/promises";
import { encodeBase64 } from "../core/ledger/base64.ts";
import { isChainName } from "../core/ledger/chain.ts";
import { nodeSha256 } from "../node/hash.ts";
import { chainLength, type Monitored, MonitoringError, monitorRound } from "../core/ledger/monitoring.ts";
import type { Policy } from "../core/ledger/policy.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  FAILED,
  type Invocation,
  onlyWord,
  UsageError,
  wholeNumber,
} from "./command.ts";
import { readInputText } from "./input-file.ts";
import { LogClient } from "./log-client.ts";
import { readState, writeState } from "./monitor-state.ts";
import { findingLines, viewFindings } from "./monitor-text.ts";
import { formatCount, formatCounted } from "./output.ts";
import { TRUST_OPTIONS, trustOf } from "./trust.ts";

const SECOND_MS = 1000;

export const monitor: Command = {
  name: "monitor",
  summary: "Follow a log: check that it only grows, and that no chain has a gap",
  words: "URL",
  about:
    "URL is the log's address, such as https://trace.example.org/log. Each look compares the signed checkpoint with the\n" +
    "last one, checks every new entry against the signed tree, and checks that the places of each chain have no gap and\n" +
    "no double. At the first look that fails, the command ends with exit code 1; the state stays that of the look before.",
  options: {
    ...TRUST_OPTIONS,
    state: {
      type: "string",
      value: "FILE",
      help: "state kept between runs; without it, the first look reads every entry",
    },
    once: { type: "boolean", help: "look once, and end" },
    every: { type: "string", value: "SECONDS", help: "time between two looks (60)" },
    chains: {
      type: "string",
      value: "FILE",
      help: "names of chains, one a line (- for stdin): print their lengths",
    },
  },
  async run(call) {
    const log = new LogClient(onlyWord(call, "URL"));
    const policy = trustOf(call);
    if (policy.logs.some(({ key }) => key.name !== originOf(policy)))
      throw new UsageError(
        "--policy names several logs: give a policy with one log, and run one monitor for each",
      );
    const everyMs = wholeNumber(call.option("every") ?? "60", "every", 1) * SECOND_MS;
    const chains = readChains(call.option("chains"));
    const file = call.option("state");
    let kept = file === undefined ? undefined : readState(file, policy);
    for (;;) {
      const seen = await lookIfReachable(call, log, policy, kept);
      if (seen instanceof MonitoringError) return reportFindings(call, policy, kept, seen);
      if (seen !== undefined) {
        if (file !== undefined && seen.checkpoint !== kept?.checkpoint) writeState(file, seen);
        if (seen.size !== kept?.size || call.flag("once")) reportSeen(call, policy, kept, seen, chains);
        kept = seen;
      }
      if (call.flag("once")) return DONE;
      await sleep(everyMs);
    }
  },
};

/** Undefined for a log that cannot be reached: the next look decides. With `--once` there is none, so it throws. */
async function lookIfReachable(
  call: Invocation,
  ...looked: [LogClient, Policy, Monitored | undefined]
): Promise<Monitored | MonitoringError | undefined> {
  try {
    return await look(call, ...looked);
  } catch (error) {
    if (error instanceof MonitoringError) return error;
    if (call.flag("once") || !(error instanceof CommandFailed)) throw error;
    call.out.note(error.message);
    return undefined;
  }
}

async function look(
  { out }: Invocation,
  log: LogClient,
  policy: Policy,
  kept: Monitored | undefined,
): Promise<Monitored> {
  const progress = out.progress("reading entries");
  try {
    return await monitorRound({
      policy,
      kept,
      checkpoint: await log.checkpoint(),
      fetch: log.tile,
      sha: nodeSha256,
      progress: (done, total) => progress.update(done, total),
    });
  } finally {
    progress.end();
  }
}

/** @throws UsageError on a line that names no chain, which would otherwise show a length of 0 */
function readChains(file: string | undefined): string[] | undefined {
  if (file === undefined) return undefined;
  const names = readInputText(file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const wrong = names.find((name) => !isChainName(name));
  if (wrong !== undefined)
    throw new UsageError(`--chains: ${wrong} is no chain; names look like batch:bat_… or node:…`);
  return names;
}

function reportSeen(
  { out }: Invocation,
  policy: Policy,
  kept: Monitored | undefined,
  seen: Monitored,
  names: string[] | undefined,
): void {
  const { size, root, heads } = seen;
  const origin = originOf(policy);
  const chains = names?.map((of) => ({ of, length: chainLength(seen, of) }));
  const from = kept?.size ?? 0;
  out.document({
    ok: true,
    origin,
    size,
    root: encodeBase64(root),
    from,
    chainsFollowed: heads.size,
    ...(chains === undefined ? {} : { chains }),
  });
  const grown = `${formatCounted(size - from, "new entry", "new entries")}, ${formatCounted(heads.size, "chain", "chains")} whole`;
  const since = kept === undefined ? "read from the beginning" : `continues the ${formatCount(from)} kept`;
  out.line(
    `OK ${origin}: ${formatCounted(size, "record", "records")}, ${since}; ${grown}. Root ${encodeBase64(root)}`,
  );
  for (const { of, length } of chains ?? []) out.line(`  ${formatCount(length).padStart(8)}  ${of}`);
}

/** @returns the exit code */
function reportFindings(
  { out }: Invocation,
  policy: Policy,
  kept: Monitored | undefined,
  error: MonitoringError,
): number {
  const origin = originOf(policy);
  out.document(viewFindings(origin, error, kept));
  const checkpoints = kept === undefined ? {} : { kept: kept.checkpoint };
  for (const line of findingLines(origin, error, checkpoints)) out.line(line);
  return FAILED;
}

/** The name of the one log that a monitor follows. */
function originOf({ logs }: Policy): string {
  return logs[0]!.key.name;
}
