import { isKind } from "../core/custody/vocabulary.ts";
import { chainLength } from "../core/ledger/monitoring.ts";
import type { VerifiedReceipt } from "../core/ledger/receipt.ts";
import type { Subject } from "../core/ledger/record.ts";
import { cosignedLines, viewCosigned } from "./bundle-text.ts";
import { kindName } from "../i18n/kinds.ts";
import { formatCount, formatCounted } from "./output.ts";
import type { Followed } from "./verified.ts";

/** A record may name hundreds of units. A person is shown the first few; `--json` has all. */
const SHOWN = 8;

/** The facts that a receipt proved, as JSON; `followed` where the log was read up to its newest checkpoint. */
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
    `  by        ${actor.organisation} (${actor.by}), under its own number ${id}`,
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
    "  What this receipt does not prove:",
    ...limitsOf(receipt).map((limit) => `  - ${limit}`),
  ];
}

function continuedLines(receipt: VerifiedReceipt, followed: Followed): string[] {
  const { url, monitored } = followed;
  const size = formatCounted(monitored.size, "record", "records");
  return [
    `  The log at ${url} has ${size} now, and continues the receipt's checkpoint. Records after this one:`,
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
    "That the statement in the record is true.",
    "Earlier and later records: a later one may correct it. The bundle of a code has its whole journey.",
    cosigned.length === 0
      ? "That everybody else was shown the same log: compare the checkpoint with a witness or another copy."
      : "That everybody else was shown the same log: only the witnesses above attest it.",
  ];
  if (record.statement.sealed.length > 0)
    limits.push("The contents of the sealed fields: the record has only their digests.");
  limits.push(
    signed
      ? "The owner of the key that signed it: another record registers the key."
      : "That its actor made the statement: without the actor's signature, only the operator attests it.",
  );
  return limits;
}

function atMost(count: number, lines: string[]): string[] {
  if (lines.length <= count) return lines;
  return [...lines.slice(0, count), `            and ${formatCount(lines.length - count)} more (--json)`];
}
