import { groupCode } from "../core/code/alphabet.ts";
import type { Verified } from "../core/custody/verification.ts";
import type { Cosigned } from "../core/ledger/policy.ts";
import { kindName } from "../i18n/kinds.ts";
import { formatCount, formatCounted } from "./output.ts";
import { nameOf } from "./scan.ts";
import type { Followed } from "./verified.ts";

/** Last second that a Date can have. */
const MAX_DATE_SECONDS = 8.64e12;

/** The facts that a bundle proved, as JSON; `followed` where its chains were compared with the log. */
export function viewBundle(verified: Verified, followed?: Followed): Record<string, unknown> {
  const { code, origin, size, batch, journey, state, signed, limits, onWord, notShown } = verified;
  return {
    verified: notShown.length === 0,
    notShown,
    code: groupCode(code),
    log: { origin, size },
    cosigned: viewCosigned(verified.cosigned),
    complete: followed === undefined ? null : { size: followed.monitored.size, chains: followed.chains },
    batch,
    status: state.status,
    recalls: [...state.recalls],
    steps: journey.steps.map(({ fact, via }) => {
      const statement = verified.records.get(fact.index)?.statement;
      return {
        index: fact.index,
        kind: fact.kind,
        at: statement?.at,
        organisation: fact.organisation,
        names: verified.names.get(fact.organisation) ?? null,
        public: statement?.public,
        sealed: verified.disclosed.get(fact.index) ?? [],
        units: via.length,
        signed: signed.includes(fact.index),
        ...(fact.correctedBy === undefined ? {} : { correctedBy: fact.correctedBy }),
      };
    }),
    findings: state.findings,
    limits: followed === undefined ? [onWord, ...limits] : limits,
  };
}

/** The same for a person. */
export function bundleLines(verified: Verified, followed?: Followed): string[] {
  const { code, origin, size, batch, journey, state, signed, limits, records, notShown } = verified;
  const issued = batch.issued as { product?: string; enterprise?: string; lot?: string; tradeMode?: string };
  const goods = called(verified, issued.product);
  return [
    notShown.length === 0
      ? `VERIFIED against the log of ${origin}, at ${formatCount(size)} records.`
      : `NOT FULLY SHOWN: nothing is wrong against the log of ${origin}, at ${formatCount(size)} records, but:`,
    ...notShown.map((missing) => `  - ${missing}`),
    ...cosignedLines(verified.cosigned),
    "",
    `  code     ${groupCode(code)}`,
    `  goods    ${goods}, lot ${issued.lot ?? "?"}, trade mode ${issued.tradeMode ?? "?"}`,
    `  of       ${called(verified, issued.enterprise)}`,
    `  batch    ${batch.id}: number ${formatCount(batch.position + 1)} of the ${formatCount(batch.count)} codes it committed to`,
    `  status   ${state.status}${state.recalls.size > 0 ? ", UNDER RECALL" : ""}${state.holds.size > 0 ? ", held" : ""}`,
    "",
    `  Its journey, ${formatCounted(journey.steps.length, "step", "steps")} from ${formatCounted(records.size, "record", "records")}:`,
    ...journey.steps.map(({ fact }) => stepLine(verified, fact)),
    ...state.findings.map(
      ({ rule, index, message }) => `    finding at record ${index}: ${rule}, ${message}`,
    ),
    "",
    `  Signed by their reporters: ${signed.length === 0 ? "none" : `records ${signed.join(", ")}`}.`,
    "",
    ...(followed === undefined ? onWordLines(verified) : completeLines(followed)),
    "",
    `  What this ${followed === undefined ? "file alone" : "file, even with the log,"} does not prove:`,
    ...limits.map((limit) => `  - ${limit}`),
  ];
}

function onWordLines({ onWord }: Verified): string[] {
  return [
    "  Not proven by this file, but claimed by the signer of its checkpoint:",
    `  - ${onWord}`,
    "    To prove it from the log itself, add --log URL.",
  ];
}

function completeLines({ url, monitored, chains }: Followed): string[] {
  const gained = chains.filter((chain) => chain.gained > 0);
  const at = formatCounted(monitored.size, "record", "records");
  return [
    `  COMPLETE: the log at ${url} has ${at} now. Up to the checkpoint it has no further record`,
    `  of these ${formatCounted(chains.length, "chain", "chains")}. None was withheld, doubled or cut.`,
    ...(gained.length === 0 ? ["  None of them has a newer record."] : ["  Newer records:"]),
    ...gained.map(({ of, gained: count }) => `    ${of}  ${formatCounted(count, "record", "records")}`),
  ];
}

function stepLine(verified: Verified, fact: Verified["journey"]["steps"][number]["fact"]): string {
  const statement = verified.records.get(fact.index)?.statement;
  const when = (statement?.at ?? "").slice(0, 16).replace("T", " ");
  const correction = fact.correctedBy === undefined ? "" : `, corrected by record ${fact.correctedBy}`;
  const who = called(verified, fact.organisation);
  return `    ${when}  ${kindName(fact.kind, "en").padEnd(21)} ${who} (record ${fact.index}${correction})`;
}

/** The name that a filing record of the bundle proves, else the bare id. */
function called({ names }: Verified, id: string | undefined): string {
  const known = id === undefined ? undefined : (names.get(id) as { zh?: string; en?: string } | undefined);
  return known === undefined ? (id ?? "?") : nameOf(known);
}

/** One line for each cosignature of a checkpoint: its witness and its time. */
export function cosignedLines(cosigned: Cosigned["cosigned"]): string[] {
  return cosigned.map(({ name, atSeconds }) => `Cosigned by ${name} at ${formatSeconds(atSeconds)}.`);
}

/** The same as JSON. */
export function viewCosigned(cosigned: Cosigned["cosigned"]): Record<string, unknown>[] {
  return cosigned.map(({ name, atSeconds }) => ({ name, at: formatSeconds(atSeconds) }));
}

/** A witness may state any time, also one beyond the calendar. */
function formatSeconds(seconds: number): string {
  if (seconds > MAX_DATE_SECONDS) return `${seconds} seconds after 1970`;
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}
