import { isKind } from "../core/custody/vocabulary.ts";
import { chainLength } from "../core/ledger/monitoring.ts";
import type { VerifiedReceipt } from "../core/ledger/receipt.ts";
import type { Subject } from "../core/ledger/record.ts";
import { kindName } from "../i18n/kinds.ts";
import { cosignedLines, viewCosigned } from "./cosigned-text.ts";
import { formatCount, formatCounted } from "./output.ts";
import type { Followed } from "./verify.ts";

/** A shipment's record may be about hundreds of units: `--json` has them all. */
const SHOWN = 8;

/** What a receipt proved, as JSON; `followed` where the log was followed past it. */
export function viewReceipt(receipt: VerifiedReceipt, followed?: Followed): Record<string, unknown> {
  const { index, digest, record, signed, checkpoint, cosigned } = receipt;
  return {
    verified: true,
    index,
    digest,
    log: { origin: checkpoint.origin, size: checkpoint.size },
    cosigned: viewCosigned(cosigned),
    continued:
      followed === undefined
        ? null
        : { size: followed.monitored.size, chains: laterRecords(receipt, followed) },
    record,
    signed,
    limits: limitsOf(receipt),
  };
}

/** The same for a person. */
export function receiptLines(receipt: VerifiedReceipt, followed?: Followed): string[] {
  const { index, digest, record, signed, checkpoint, cosigned } = receipt;
  const { kind, id, at, actor, subjects, public: fields, sealed } = record.statement;
  const named = isKind(kind) ? `${kindName(kind, "en")} (${kind})` : kind;
  return [
    `VERIFIED: record ${formatCount(index)} of the log of ${checkpoint.origin}, at ${formatCount(checkpoint.size)} records.`,
    ...cosignedLines(cosigned),
    "",
    `  recorded  ${record.recorded}`,
    `  digest    ${digest}`,
    `  says      ${named}, at ${at}`,
    `  by        ${actor.organisation} (${actor.by}), as its own number ${id}`,
    ...atMost(
      SHOWN,
      subjects.map((subject) => `  about     ${subjectText(subject)}`),
    ),
    ...Object.entries(fields).map(([name, value]) => `  public    ${name}: ${JSON.stringify(value)}`),
    `  sealed    ${formatCounted(sealed.length, "field", "fields")}`,
    `  signed    ${signed ? `by its actor, under the key ${record.signature?.key}` : "not by its actor"}`,
    ...atMost(
      SHOWN,
      record.chains.map(({ of, n }) => `  chain     ${of}, place ${n}`),
    ),
    "",
    ...(followed === undefined ? [] : continuedLines(receipt, followed)),
    "  What this receipt cannot tell:",
    ...limitsOf(receipt).map((limit) => `  - ${limit}`),
  ];
}

function continuedLines(receipt: VerifiedReceipt, followed: Followed): string[] {
  const { url, monitored } = followed;
  const size = formatCounted(monitored.size, "record", "records");
  return [
    `  The log at ${url}, now of ${size}, continues the receipt's checkpoint. After this record there came to`,
    ...atMost(
      SHOWN,
      laterRecords(receipt, followed).map(
        ({ of, later }) => `    ${of}  ${formatCounted(later, "record", "records")}`,
      ),
    ),
    "",
  ];
}

function laterRecords({ record }: VerifiedReceipt, { monitored }: Followed): { of: string; later: number }[] {
  return record.chains.map(({ of, n }) => ({ of, later: chainLength(monitored, of) - n - 1 }));
}

function subjectText(subject: Subject): string {
  const as = "as" in subject && subject.as !== undefined ? `, as ${subject.as}` : "";
  if ("segments" in subject) {
    const ranges = subject.segments.map(([from, to]) =>
      to === from + 1 ? `${from}` : `${from} to ${to - 1}`,
    );
    return `batch ${subject.batch}, positions ${ranges.join(", ")}${as}`;
  }
  if ("unit" in subject) return `unit ${subject.unit}${as}`;
  return Object.entries(subject)
    .map(([what, id]) => `${what} ${id}`)
    .join(", ");
}

function limitsOf({ record, signed, cosigned }: VerifiedReceipt): string[] {
  const limits = [
    "Whether what the record says is true.",
    "What came before or after it: a later record may correct it. A code's bundle has its whole journey.",
    cosigned.length === 0
      ? "Whether everybody else was given the same log: compare the checkpoint with a witness or another copy."
      : "Whether everybody else was given the same log, beyond its witnesses' word.",
  ];
  if (record.statement.sealed.length > 0)
    limits.push("What the sealed fields say: the record has their digests alone.");
  limits.push(
    signed
      ? "Whose key signed it: the key's registration is a record of its own."
      : "That its actor said so: without the actor's signature it is the operator's word.",
  );
  return limits;
}

function atMost(count: number, lines: string[]): string[] {
  if (lines.length <= count) return lines;
  return [...lines.slice(0, count), `            and ${formatCount(lines.length - count)} more (--json)`];
}
