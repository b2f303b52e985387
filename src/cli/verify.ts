import { type Verified, verifyBundle } from "../core/custody/verification.ts";
import { parseBundle } from "../core/ledger/bundle.ts";
import { checkCompleteness, type Shown, type WholeChain } from "../core/ledger/completeness.ts";
import { nodeSha256 } from "../node/hash.ts";
import { type Monitored, MonitoringError } from "../core/ledger/monitoring.ts";
import type { Policy } from "../core/ledger/policy.ts";
import { type VerifiedReceipt, verifyReceipt } from "../core/ledger/receipt.ts";
import { isTlogProof, parseTlogProof } from "../core/ledger/tlog-proof.ts";
import { bundleLines, viewBundle } from "./bundle-text.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  FAILED,
  type Invocation,
  onlyWord,
  UsageError,
} from "./command.ts";
import { readInput } from "./input-file.ts";
import { LogClient } from "./log-client.ts";
import { readState, writeState } from "./monitor-state.ts";
import { findingLines, viewFindings } from "./monitor-text.ts";
import { receiptLines, viewReceipt } from "./receipt-text.ts";
import { TRUST_OPTIONS, trustOf } from "./trust.ts";

export const verify: Command = {
  name: "verify",
  summary: "Check a bundle or a receipt, with nothing but the ledger's public key",
  words: "FILE",
  about:
    "FILE is a code's bundle (GET /v1/trace/CODE/bundle), or a record's receipt (GET /v1/records/INDEX/receipt) with the\n" +
    "record itself as --record. The key is the log's verifier key, such as example.org/log+1a2b3c4d+AQ…; the service tells\n" +
    "it at GET /log/vkey: take it once, from a source that you trust, and keep it. Offline, but for --log: that also reads\n" +
    "the log's entries, and shows that nothing of the code's chains was withheld, doubled or cut.",
  options: {
    ...TRUST_OPTIONS,
    record: {
      type: "string",
      value: "FILE",
      help: "the record of a receipt, as GET /v1/records/INDEX gives it",
    },
    log: { type: "string", value: "URL", help: "the log's prefix, such as https://trace.example.org/log" },
    state: {
      type: "string",
      value: "FILE",
      help: "with --log: what is kept between runs, as of suyuan monitor; without it all entries are read",
    },
  },
  async run(call) {
    const file = onlyWord(call, "FILE");
    const policy = trustOf(call);
    const log = logOf(call);
    const checked = check(call, readInput(file), policy);
    if (checked instanceof Error) return refuse(call, file, checked);
    if (log === undefined) return tell(call, checked);
    const kept = stateOf(call, policy, checked.origin);
    try {
      return tell(call, checked, await follow(call, checked, log, kept));
    } catch (error) {
      if (error instanceof MonitoringError) return refuseLog(call, file, checked, kept, error);
      if (error instanceof CommandFailed) throw error;
      return refuse(call, file, error as Error);
    }
  },
};

/** What a file proved by itself, with what is needed for comparing it with the log. */
interface Checked {
  what: { bundle: Verified } | { receipt: VerifiedReceipt };
  origin: string;
  /** The checkpoint, verbatim. */
  note: string;
  shown: Shown;
  /** The policy, with the keys of this log alone. */
  policy: Policy;
}

/** What following the log showed. */
export interface Followed {
  url: string;
  monitored: Monitored;
  chains: WholeChain[];
}

/** @returns the reason where the file is refused */
function check(call: Invocation, bytes: Uint8Array, policy: Policy): Checked | Error {
  const record = call.option("record");
  const isReceipt = isTlogProof(bytes);
  if (isReceipt !== (record !== undefined))
    throw new UsageError(
      isReceipt ? "--record is missing: a receipt is of a record's bytes" : "--record goes with a receipt",
    );
  try {
    return record === undefined ? checkBundle(bytes, policy) : checkReceipt(bytes, readInput(record), policy);
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    return error as Error;
  }
}

function checkBundle(bytes: Uint8Array, policy: Policy): Checked {
  const parsed = parseBundle(bytes);
  const bundle = verifyBundle(parsed, policy);
  const { origin, shown } = bundle;
  return { what: { bundle }, origin, note: parsed.checkpoint, shown, policy: ofLog(policy, origin) };
}

function checkReceipt(bytes: Uint8Array, record: Uint8Array, policy: Policy): Checked {
  const proof = parseTlogProof(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  const receipt = verifyReceipt(proof, record, policy);
  const { origin, size, root } = receipt.checkpoint;
  // One record says nothing of how long its chains are: they are not compared.
  const shown = { size, root, chains: [] };
  return { what: { receipt }, origin, note: proof.checkpoint, shown, policy: ofLog(policy, origin) };
}

function ofLog(policy: Policy, origin: string): Policy {
  return { ...policy, logs: policy.logs.filter(({ key }) => key.name === origin) };
}

function logOf(call: Invocation): LogClient | undefined {
  const url = call.option("log");
  if (url === undefined && call.option("state") !== undefined)
    throw new UsageError("--state goes with --log");
  return url === undefined ? undefined : new LogClient(url);
}

function stateOf(call: Invocation, policy: Policy, origin: string): Monitored | undefined {
  const file = call.option("state");
  return file === undefined ? undefined : readState(file, ofLog(policy, origin));
}

/** @throws MonitoringError, IncompleteError, CommandFailed */
async function follow(
  call: Invocation,
  { shown, policy }: Checked,
  log: LogClient,
  kept: Monitored | undefined,
): Promise<Followed> {
  const file = call.option("state");
  const progress = call.out.progress("reading");
  let monitored: Monitored | undefined;
  const seen = (found: Monitored): void => {
    monitored = found;
    if (file !== undefined && found.checkpoint !== kept?.checkpoint) writeState(file, found);
  };
  try {
    const round = { policy, kept, checkpoint: await log.checkpoint(), fetch: log.tile, sha: nodeSha256 };
    const told = { ...round, progress: (done: number, total: number) => progress.update(done, total) };
    const chains = await checkCompleteness(shown, told, seen);
    return { url: log.url, monitored: monitored!, chains };
  } finally {
    progress.end();
  }
}

function tell({ out }: Invocation, { what }: Checked, followed?: Followed): number {
  const isBundle = "bundle" in what;
  out.document(isBundle ? viewBundle(what.bundle, followed) : viewReceipt(what.receipt, followed));
  for (const line of isBundle ? bundleLines(what.bundle, followed) : receiptLines(what.receipt, followed))
    out.line(line);
  return DONE;
}

function refuse({ out }: Invocation, file: string, { name, message }: Error): number {
  out.document({ verified: false, error: name, reason: message });
  out.line(`REFUSED: ${file} does not prove what it says.`);
  out.line(`  ${message}`);
  return FAILED;
}

function refuseLog(
  { out }: Invocation,
  file: string,
  { origin, note }: Checked,
  kept: Monitored | undefined,
  error: MonitoringError,
): number {
  const checkpoints = { [`of ${file}`]: note, ...(kept === undefined ? {} : { kept: kept.checkpoint }) };
  out.document({
    verified: false,
    error: error.name,
    reason: error.message,
    ...viewFindings(origin, error, kept),
    shown: note,
  });
  out.line(`REFUSED: ${file} was to be compared with its log, and the log fails.`);
  for (const line of findingLines(origin, error, checkpoints)) out.line(line);
  return FAILED;
}
