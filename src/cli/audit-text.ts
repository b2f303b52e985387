import type { Invocation } from "./command.ts";
import { DONE, FAILED } from "./command.ts";
import { formatCount, formatCounted } from "./output.ts";
import type { AuditResult } from "../services/audit/audit.ts";
import type { AuditView } from "../services/audit/run-audit.ts";

/** The result of an audit; `id` and `record` where the audit became a record. */
export type AuditReport = AuditResult & Partial<Pick<AuditView, "id" | "record">>;

/** Prints the result of an audit. @returns the exit code */
export function printAudit({ out }: Invocation, report: AuditReport): number {
  out.document(report);
  const { ok, size, root, records, chains, batches, codes, breaks } = report;
  out.line(
    ok
      ? "SOUND: no record was changed, removed or inserted."
      : "BROKEN: the stored ledger is not the one that was signed.",
  );
  out.line(`  records rehashed    ${formatCount(records)} of ${formatCount(size)} under the checkpoint`);
  out.line(`  chains followed     ${formatCount(chains)}`);
  out.line(
    batches > 0
      ? `  codes recomputed    ${formatCount(codes)}, in ${formatCounted(batches, "batch", "batches")}`
      : "  codes recomputed    none: there is no batch, or the secrets of its epoch are not here",
  );
  out.line(`  signed root         ${root}`);
  if (report.record !== undefined) out.line(`  recorded as         ${report.id}, record ${report.record}`);
  breaks.forEach(({ rule, at, expected, found }, i) => {
    out.line(`  ${i === 0 ? "first break" : "next break"}: ${rule}, at ${at}`);
    out.line(`    expected  ${expected}`);
    out.line(`    found     ${found}`);
  });
  return ok ? DONE : FAILED;
}
