import { verifyBundle } from "../core/custody/verification.ts";
import { type BrokenRule, VerificationError } from "../core/custody/verification-error.ts";
import { type Bundle, parseBundle } from "../core/ledger/bundle.ts";
import { checkCompleteness, type Shown } from "../core/ledger/completeness.ts";
import { nodeSha256 } from "../node/hash.ts";
import { type Monitored, MonitoringError } from "../core/ledger/monitoring.ts";
import type { Policy } from "../core/ledger/policy.ts";
import { verifyReceipt } from "../core/ledger/receipt.ts";
import { isTlogProof, parseTlogProof } from "../core/ledger/tlog-proof.ts";
import { bundleLines, viewBundle } from "./bundle-text.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  FAILED,
  type Invocation,
  NOT_FULLY_SHOWN,
  onlyWord,
  UsageError,
} from "./command.ts";
import type { FileKind } from "./file-kind.ts";
import { readInput } from "./input-file.ts";
import { LogClient } from "./log-client.ts";
import { readState, writeState } from "./monitor-state.ts";
import { findingLines, viewFindings } from "./monitor-text.ts";
import { receiptLines, viewReceipt } from "./receipt-text.ts";
import { recogniseFile } from "./recognise-file.ts";
import { TRUST_OPTIONS, trustOf } from "./trust.ts";
import type { Followed, Proven } from "./verified.ts";

export const verify: Command = {
  name: "verify",
  summary: "Check a bundle or a receipt, with nothing but the log's public key",
  words: "FILE",
  about:
    "FILE is the bundle of a code (GET /v1/trace/CODE/bundle), or the receipt of a record (GET /v1/records/INDEX/receipt)\n" +
    "with the record itself as --record. The key is the log's verifier key, such as example.org/log+1a2b3c4d+AQ…. The\n" +
    "service shows it at GET /log/vkey: take it once, from a source that you trust, and keep it. The check works offline.\n" +
    "Exit codes: 0 verified, 1 refused, 2 wrong usage, 3 nothing is wrong but not everything is shown.\n" +
    "Only --log reads the network: it fetches the log's entries, and proves that no record of the code was withheld.",
  options: {
    ...TRUST_OPTIONS,
    record: {
      type: "string",
      value: "FILE",
      help: "the record of a receipt, as GET /v1/records/INDEX answers it",
    },
    log: { type: "string", value: "URL", help: "the log's address, such as https://trace.example.org/log" },
    state: {
      type: "string",
      value: "FILE",
      help: "with --log: state kept between runs, as of suyuan monitor; without it, every entry is read",
    },
  },
  async run(call) {
    const file = onlyWord(call, "FILE");
    const policy = trustOf(call);
    const log = logOf(call);
    let checked: Checked;
    try {
      checked = check(call, file, readInput(file), policy);
    } catch (error) {
      if (error instanceof UsageError || error instanceof CommandFailed) throw error;
      return refuse(call, file, error as Error);
    }
    if (log === undefined) return report(call, checked.proven);
    const kept = stateOf(call, policy, checked.origin);
    try {
      return report(call, checked.proven, await follow(call, checked, log, kept));
    } catch (error) {
      if (error instanceof MonitoringError) return refuseLog(call, file, checked, kept, error);
      if (error instanceof CommandFailed) throw error;
      return refuse(call, file, error as Error);
    }
  },
};

/** What a file proved by itself, with the facts needed to compare it with the log. */
interface Checked {
  proven: Proven;
  origin: string;
  /** The checkpoint, verbatim. */
  note: string;
  shown: Shown;
  /** The policy, with the keys of this log alone. */
  policy: Policy;
}

/** The file is something else than the command needs, such as a saved error answer. */
class WrongFile extends Error {
  override readonly name = "WrongFile";
  readonly found: FileKind;

  constructor(file: string, found: FileKind) {
    super(`${file} is ${found.is}`);
    this.found = found;
  }
}

/** @throws UsageError, CommandFailed; any other error is the reason why the file is refused */
function check(call: Invocation, file: string, bytes: Uint8Array, policy: Policy): Checked {
  const record = call.option("record");
  if (isTlogProof(bytes)) {
    if (record === undefined)
      throw new UsageError("--record is missing: a receipt proves a record, so give the record's file too");
    return checkReceipt(bytes, record, policy);
  }
  if (record === undefined) return checkBundle(file, bytes, policy);
  const found = recogniseFile(bytes);
  if (found === undefined || found.kind === "record")
    throw new UsageError(`--record goes with a receipt, and ${file} is ${found?.is ?? "a bundle"}`);
  throw new WrongFile(file, found);
}

function checkBundle(file: string, bytes: Uint8Array, policy: Policy): Checked {
  const parsed = readBundle(file, bytes);
  const bundle = verifyBundle(parsed, policy);
  const { origin, shown } = bundle;
  return { proven: { bundle }, origin, note: parsed.checkpoint, shown, policy: ofLog(policy, origin) };
}

/** @throws WrongFile where the file was never a bundle; BundleError where it is one that was changed */
function readBundle(file: string, bytes: Uint8Array): Bundle {
  try {
    return parseBundle(bytes);
  } catch (error) {
    const found = recogniseFile(bytes);
    throw found === undefined ? error : new WrongFile(file, found);
  }
}

function checkReceipt(bytes: Uint8Array, recordFile: string, policy: Policy): Checked {
  const proof = parseTlogProof(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  const record = readInput(recordFile);
  try {
    const receipt = verifyReceipt(proof, record, policy);
    const { origin, size, root } = receipt.checkpoint;
    // One record does not say how long its chains are, so they are not compared.
    const shown = { size, root, chains: [] };
    return { proven: { receipt }, origin, note: proof.checkpoint, shown, policy: ofLog(policy, origin) };
  } catch (error) {
    const found = recogniseFile(record);
    throw found === undefined || found.kind === "record" ? error : new WrongFile(recordFile, found);
  }
}

function ofLog(policy: Policy, origin: string): Policy {
  return { ...policy, logs: policy.logs.filter(({ key }) => key.name === origin) };
}

function logOf(call: Invocation): LogClient | undefined {
  const url = call.option("log");
  if (url === undefined && call.option("state") !== undefined) throw new UsageError("--state needs --log");
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
  const progress = call.out.progress("reading entries");
  let monitored: Monitored | undefined;
  const seen = (found: Monitored): void => {
    monitored = found;
    if (file !== undefined && found.checkpoint !== kept?.checkpoint) writeState(file, found);
  };
  try {
    const chains = await checkCompleteness(
      shown,
      {
        policy,
        kept,
        checkpoint: await log.checkpoint(),
        fetch: log.tile,
        sha: nodeSha256,
        progress: (done, total) => progress.update(done, total),
      },
      seen,
    );
    return { url: log.url, monitored: monitored!, chains };
  } finally {
    progress.end();
  }
}

function report({ out }: Invocation, proven: Proven, followed?: Followed): number {
  const isBundle = "bundle" in proven;
  out.document(isBundle ? viewBundle(proven.bundle, followed) : viewReceipt(proven.receipt, followed));
  const lines = isBundle ? bundleLines(proven.bundle, followed) : receiptLines(proven.receipt, followed);
  for (const line of lines) out.line(line);
  return isBundle && proven.bundle.notShown.length > 0 ? NOT_FULLY_SHOWN : DONE;
}

function refuse({ out }: Invocation, file: string, error: Error): number {
  const { name, message } = error;
  if (error instanceof WrongFile) {
    const { kind, remedy } = error.found;
    out.document({ verified: false, error: name, reason: message, found: kind, remedy });
    out.line(`REFUSED: ${message}.`);
    out.line(`  ${remedy}`);
    return FAILED;
  }
  const broken = error instanceof VerificationError ? error.broken : undefined;
  out.document({ verified: false, error: name, reason: message, ...broken });
  out.line(`REFUSED: ${file} does not prove what it says.`);
  if (broken === undefined) out.line(`  ${message}`);
  else for (const line of brokenLines(broken)) out.line(line);
  return FAILED;
}

function brokenLines({ rule, record, expected, found }: BrokenRule): string[] {
  return [
    `  rule      ${rule}`,
    ...(record === undefined ? [] : [`  record    ${record}`]),
    `  expected  ${expected}`,
    `  found     ${found}`,
  ];
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
  out.line(`REFUSED: ${file} cannot be compared with its log: the log itself failed the check.`);
  for (const line of findingLines(origin, error, checkpoints)) out.line(line);
  return FAILED;
}
