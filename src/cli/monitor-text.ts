import type { Fault, Monitored, MonitoringError } from "../core/ledger/monitoring.ts";

/** One headline for each fault. */
const HEADLINES: Readonly<Record<Fault, string>> = {
  signature: "WRONG SIGNATURE: the log's key did not sign the checkpoint that is served.",
  quorum: "NOT WITNESSED: too few of the policy's witnesses have cosigned the checkpoint.",
  fork: "FORK: the log signed two different trees of the same size.",
  rollback: "ROLLBACK: the log shows fewer records than it has signed.",
  rewritten: "REWRITTEN: the new tree of the log does not continue the tree that it signed before.",
  tile: "WRONG TILE: a tile that the log serves is not part of the tree that it signed.",
  entry: "WRONG ENTRY: an entry is not the one that the log signed, or is no entry of Suyuan.",
  chain: "BROKEN CHAIN: a place in a chain is missing, doubled or out of order.",
};

const PUBLISH =
  "The same key signed both checkpoints below, and only one can be true: together they prove it to anybody. Keep both\n" +
  "unchanged, give them to the log's other monitors, its witnesses and its authority, and stop trusting the log.";
const LOOK_AGAIN =
  "A damaged copy, a cache or a wrong address can cause this, as well as tampering. Look again, also from another\n" +
  "network. If it stays, keep the checkpoint below and the files that were served, and inform the log's operator and\n" +
  "its authority.";

const WHAT_TO_DO: Readonly<Record<Fault, string>> = {
  signature:
    "Check the address and the key, with a source other than the log. If both are right, accept nothing from this log,\n" +
    "keep the files that were served, and ask its operator on another channel whether the key has changed.",
  quorum:
    "A witness may be offline for a while: look again later. A log without witnesses may be shown to you alone, so accept\n" +
    "nothing newer than the last checkpoint until then. If it stays, ask the witnesses and the log's operator on another\n" +
    "channel.",
  fork: PUBLISH,
  rollback:
    "A cache may serve an old checkpoint: look again without it. If it stays, acknowledged records are gone. Keep both\n" +
    "checkpoints below: the larger one is the proof. Give them to the log's other monitors and its authority.",
  rewritten: PUBLISH,
  tile: LOOK_AGAIN,
  entry: LOOK_AGAIN,
  chain:
    "The log signed this itself, so its operator cannot deny it. Keep the checkpoint below, inform the log's authority,\n" +
    "and accept no bundle with a chain named here as complete.",
};

/** The reasons why a log failed, as JSON. */
export function viewFindings(
  origin: string,
  { findings, checkpoint }: MonitoringError,
  kept: Monitored | undefined,
): Record<string, unknown> {
  return { ok: false, origin, findings, kept: kept?.checkpoint ?? null, found: checkpoint };
}

/**
 * The same for a person, with what to do.
 * @param checkpoints earlier checkpoints of the log, verbatim, by name: with the one found they are the evidence
 */
export function findingLines(
  origin: string,
  { findings, checkpoint }: MonitoringError,
  checkpoints: Readonly<Record<string, string>>,
): string[] {
  const { fault } = findings[0]!;
  return [
    `${HEADLINES[fault]} (${origin})`,
    ...findings.flatMap(({ at, expected, found }) => [
      `  at ${at}`,
      `    expected  ${expected}`,
      `    found     ${found}`,
    ]),
    `\n${WHAT_TO_DO[fault]}`,
    ...Object.entries(checkpoints).map(([what, note]) => `\nThe checkpoint ${what}:\n\n${note}`),
    `\nThe checkpoint found:\n\n${checkpoint}`,
  ];
}
