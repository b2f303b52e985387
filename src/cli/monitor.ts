import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeBase64 } from "../ledger/base64.ts";
import { isChainName } from "../ledger/chain.ts";
import { nodeSha256 } from "../ledger/hash.node.ts";
import {
  chainLength,
  type Fault,
  type Monitored,
  MonitoringError,
  monitorRound,
} from "../ledger/monitoring.ts";
import type { VerifierKey } from "../ledger/note-key.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  FAILED,
  type Invocation,
  onlyWord,
  required,
  UsageError,
  wholeNumber,
} from "./command.ts";
import { LogClient } from "./log-client.ts";
import { readState, writeState } from "./monitor-state.ts";
import { formatCount, formatCounted } from "./output.ts";
import { verifierKey } from "./verify.ts";

const STDIN = 0;
const SECOND_MS = 1000;

export const monitor: Command = {
  name: "monitor",
  summary: "Follow a log: that it only grows, and that no chain has a gap",
  words: "URL",
  about:
    "URL is the log's prefix, such as https://trace.example.org/log. Each look checks the signed checkpoint against the\n" +
    "one kept, every new entry against the signed tree, and that each chain's places go on without gap or doubling.\n" +
    "It ends with exit code 1 at the first look that the log fails, and keeps the state of the last one that it passed.",
  options: {
    key: { type: "string", value: "VKEY", help: "the log's public key, or @FILE" },
    state: {
      type: "string",
      value: "FILE",
      help: "what is kept between runs; without it the first look reads all",
    },
    once: { type: "boolean", help: "one look, and no more" },
    every: { type: "string", value: "SECONDS", help: "how long to wait between looks (60)" },
    chains: {
      type: "string",
      value: "FILE",
      help: "names of chains, one a line (- for stdin): tells their lengths",
    },
  },
  async run(call) {
    const log = new LogClient(onlyWord(call, "URL"));
    const key = verifierKey(required(call, "key"));
    const everyMs = wholeNumber(call.option("every") ?? "60", "every", 1) * SECOND_MS;
    const chains = readChains(call.option("chains"));
    const file = call.option("state");
    let kept = file === undefined ? undefined : readState(file, key);
    for (;;) {
      const seen = await lookOrMiss(call, log, key, kept);
      if (seen instanceof MonitoringError) return tellFindings(call, key, kept, seen);
      if (seen !== undefined) {
        if (file !== undefined && seen.checkpoint !== kept?.checkpoint) writeState(file, seen);
        if (seen.size !== kept?.size || call.flag("once")) tellSeen(call, key, kept, seen, chains);
        kept = seen;
      }
      if (call.flag("once")) return DONE;
      await sleep(everyMs);
    }
  },
};

/** A log that cannot be reached has not failed: undefined, and the next look decides. Without a next one it is thrown. */
async function lookOrMiss(
  call: Invocation,
  ...looked: [LogClient, VerifierKey, Monitored | undefined]
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
  key: VerifierKey,
  kept: Monitored | undefined,
): Promise<Monitored> {
  const progress = out.progress("reading");
  try {
    return await monitorRound({
      key,
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

/** @throws UsageError on a line that names no chain: it would be told to have no records */
function readChains(file: string | undefined): string[] | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file === "-" ? STDIN : file, "utf8");
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
  const names = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const wrong = names.find((name) => !isChainName(name));
  if (wrong !== undefined)
    throw new UsageError(`--chains: ${wrong} is no chain, such as batch:bat_… or node:…`);
  return names;
}

function tellSeen(
  { out }: Invocation,
  { name: origin }: VerifierKey,
  kept: Monitored | undefined,
  seen: Monitored,
  names: string[] | undefined,
): void {
  const { size, root, heads } = seen;
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

const WHAT: Readonly<Record<Fault, string>> = {
  signature: "WRONG SIGNATURE: what is served as the checkpoint is not signed by the log's key.",
  fork: "FORK: the log signed two different trees of the same size.",
  rollback: "ROLLBACK: the log shows fewer records than it has signed.",
  rewritten: "REWRITTEN: the log's new tree does not continue the one that it signed before.",
  tile: "WRONG TILE: what the log serves is not the tree that it signed.",
  entry: "WRONG ENTRY: an entry is not the one that the log signed.",
  chain: "BROKEN CHAIN: a place in a chain is missing, doubled or out of order.",
};

const PUBLISH =
  "Both checkpoints below are signed by the same key, and only one can be true: that proves it to anybody. Keep both\n" +
  "unchanged, give them to the log's other monitors, its witnesses and its authority, and trust the log no further.";
const LOOK_AGAIN =
  "A damaged copy, a cache or a wrong address can cause this as well as tampering. Look again, from another network\n" +
  "too. If it stays, keep the checkpoint below and what was served, and tell the log's operator and its authority.";

const WHAT_TO_DO: Readonly<Record<Fault, string>> = {
  signature:
    "Check the address and the key, from a source other than the log. If both are right, accept nothing that this log\n" +
    "says, keep what was served, and ask its operator by another way whether its key has changed.",
  fork: PUBLISH,
  rollback:
    "A cache may serve an old checkpoint: look again, past it. If it stays, records that were acknowledged are gone. Keep\n" +
    "both checkpoints below: the larger one is the proof. Give them to the log's other monitors and its authority.",
  rewritten: PUBLISH,
  tile: LOOK_AGAIN,
  entry: LOOK_AGAIN,
  chain:
    "The log's own signature covers this, so it cannot be denied. Keep the checkpoint below, tell the log's authority,\n" +
    "and take no bundle with a chain named here as complete.",
};

/** @returns the exit code */
function tellFindings(
  { out }: Invocation,
  { name: origin }: VerifierKey,
  kept: Monitored | undefined,
  { findings, checkpoint }: MonitoringError,
): number {
  const { fault } = findings[0]!;
  out.document({ ok: false, origin, findings, kept: kept?.checkpoint ?? null, found: checkpoint });
  out.line(`${WHAT[fault]} (${origin})`);
  for (const { at, expected, found } of findings) {
    out.line(`  at ${at}`);
    out.line(`    expected  ${expected}`);
    out.line(`    found     ${found}`);
  }
  out.line(`\n${WHAT_TO_DO[fault]}`);
  if (kept !== undefined) out.line(`\nThe checkpoint kept:\n\n${kept.checkpoint}`);
  out.line(`\nThe checkpoint found:\n\n${checkpoint}`);
  return FAILED;
}
