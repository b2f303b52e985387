import type { Fault, Monitored, MonitoringError } from "../core/ledger/monitoring.ts";

const WHAT: Readonly<Record<Fault, string>> = {
  signature: "WRONG SIGNATURE: what is served as the checkpoint is not signed by the log's key.",
  quorum: "NOT WITNESSED: too few of the policy's witnesses have cosigned the checkpoint.",
  fork: "FORK: the log signed two different trees of the same size.",
  rollback: "ROLLBACK: the log shows fewer records than it has signed.",
  rewritten: "REWRITTEN: the log's new tree does not continue the one that it signed before.",
  tile: "WRONG TILE: what the log serves is not the tree that it signed.",
  entry: "WRONG ENTRY: an entry is not the one that the log signed, or is none of Suyuan's.",
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
  quorum:
    "A witness may be away for a while: look again later. What is not witnessed may be shown to you alone; until it is,\n" +
    "take nothing newer than the checkpoint kept. If it stays, ask the witnesses, and the log's operator, by another way.",
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

/** Why a log failed, as JSON. */
export function viewFindings(
  origin: string,
  { findings, checkpoint }: MonitoringError,
  kept: Monitored | undefined,
): Record<string, unknown> {
  return { ok: false, origin, findings, kept: kept?.checkpoint ?? null, found: checkpoint };
}

/**
 * The same for a person, with what to do.
 * @param checkpoints earlier ones of the log, verbatim, by what they are: with the one found they are the evidence
 */
export function findingLines(
  origin: string,
  { findings, checkpoint }: MonitoringError,
  checkpoints: Readonly<Record<string, string>>,
): string[] {
  const { fault } = findings[0]!;
  return [
    `${WHAT[fault]} (${origin})`,
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
