import type { Invocation } from "./command.ts";
import { DONE, FAILED } from "./command.ts";
import { formatCount, formatCounted } from "./output.ts";

/** What an audit found, as the service answers it. */
export interface AuditReport {
  ok: boolean;
  size: number;
  root: string;
  records: number;
  chains: number;
  batches: number;
  codes: number;
  breaks: { rule: string; at: string; expected: string; found: string }[];
  id?: string;
  record?: number;
}

/** Tells what an audit found. @returns the exit code */
export function tellAudit({ out }: Invocation, report: AuditReport): number {
  out.document(report);
  const { ok, size, root, records, chains, batches, codes, breaks } = report;
  out.line(
    ok ? "SOUND: nothing was changed, taken away or put in." : "BROKEN: the ledger is not as it was signed.",
  );
  out.line(`  records rehashed    ${formatCount(records)}, of ${formatCount(size)} under the checkpoint`);
  out.line(`  chains walked       ${formatCount(chains)}`);
  out.line(
    batches > 0
      ? `  codes recomputed    ${formatCount(codes)}, in ${formatCounted(batches, "batch", "batches")}`
      : "  codes recomputed    none: that takes the secrets of their epochs",
  );
  out.line(`  signed root         ${root}`);
  if (report.record !== undefined) out.line(`  recorded as         ${report.id}, record ${report.record}`);
  breaks.forEach(({ rule, at, expected, found }, i) => {
    out.line(`  ${i === 0 ? "first break" : "then"}: ${rule}, at ${at}`);
    out.line(`    expected  ${expected}`);
    out.line(`    found     ${found}`);
  });
  return ok ? DONE : FAILED;
}
