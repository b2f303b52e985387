import { groupCode } from "../core/code/alphabet.ts";
import type { Verified } from "../core/custody/verification.ts";
import { kindName } from "../i18n/kinds.ts";
import { cosignedLines, viewCosigned } from "./cosigned-text.ts";
import { formatCount, formatCounted } from "./output.ts";
import { nameOf } from "./scan.ts";
import type { Followed } from "./verify.ts";

/** What a bundle proved, as JSON; `followed` where its chains were compared with the log. */
export function viewBundle(verified: Verified, followed?: Followed): Record<string, unknown> {
  const { code, origin, size, batch, journey, state, signed, limits, onWord } = verified;
  return {
    verified: true,
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
  const { code, origin, size, batch, journey, state, signed, limits, records } = verified;
  const issued = batch.issued as { product?: string; enterprise?: string; lot?: string; tradeMode?: string };
  const goods = called(verified, issued.product);
  return [
    `VERIFIED against the log of ${origin}, at ${formatCount(size)} records.`,
    ...cosignedLines(verified.cosigned),
    "",
    `  code     ${groupCode(code)}`,
    `  goods    ${goods}, lot ${issued.lot ?? "?"}, trade mode ${issued.tradeMode ?? "?"}`,
    `  of       ${called(verified, issued.enterprise)}`,
    `  batch    ${batch.id}: number ${formatCount(batch.position + 1)} of the ${formatCount(batch.count)} codes it committed to`,
    `  status   ${state.status}${state.recalls.size > 0 ? ", UNDER RECALL" : ""}${state.holds.size > 0 ? ", held" : ""}`,
    "",
    `  Its journey, ${journey.steps.length} steps worked out from ${records.size} records:`,
    ...journey.steps.map(({ fact }) => stepLine(verified, fact)),
    ...state.findings.map(
      ({ rule, index, message }) => `    finding at record ${index}: ${rule}, ${message}`,
    ),
    "",
    `  Signed by their own reporters: ${signed.length === 0 ? "none" : `records ${signed.join(", ")}`}.`,
    "",
    ...(followed === undefined ? onWordLines(verified) : completeLines(followed)),
    "",
    `  What this ${followed === undefined ? "file" : "file, with the log,"} cannot tell:`,
    ...limits.map((limit) => `  - ${limit}`),
  ];
}

function onWordLines({ onWord }: Verified): string[] {
  return [
    "  Taken on the word of whoever signed the checkpoint:",
    `  - ${onWord}`,
    "    The log itself shows it: --log URL.",
  ];
}

function completeLines({ url, monitored, chains }: Followed): string[] {
  const gained = chains.filter((chain) => chain.gained > 0);
  const at = formatCounted(monitored.size, "record", "records");
  return [
    `  COMPLETE: the log at ${url}, now of ${at}, has of these ${chains.length} chains no record but those here,`,
    "  up to the checkpoint. None was withheld, doubled or cut.",
    ...(gained.length === 0
      ? ["  Since then none of them gained a record."]
      : ["  Since then there came to"]),
    ...gained.map(({ of, gained: count }) => `    ${of}  ${formatCounted(count, "record", "records")}`),
  ];
}

function stepLine(verified: Verified, fact: Verified["journey"]["steps"][number]["fact"]): string {
  const statement = verified.records.get(fact.index)?.statement;
  const when = (statement?.at ?? "").slice(0, 16).replace("T", " ");
  const gone = fact.correctedBy === undefined ? "" : `, taken back by record ${fact.correctedBy}`;
  const who = called(verified, fact.organisation);
  return `    ${when}  ${kindName(fact.kind, "en").padEnd(21)} ${who} (record ${fact.index}${gone})`;
}

/** The name that a filing record of the bundle proves, else the bare id. */
function called({ names }: Verified, id: string | undefined): string {
  const known = id === undefined ? undefined : (names.get(id) as { zh?: string; en?: string } | undefined);
  return known === undefined ? (id ?? "?") : nameOf(known);
}
