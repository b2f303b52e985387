import { runAudit } from "../../src/services/audit/run-audit.ts";
import type { Service } from "../../src/services/service.ts";
import { type Bench, copyOfStore, withService } from "../bench.ts";
import { wanted } from "../options.ts";
import { Progress } from "../progress.ts";
import { hashAll } from "../reference/raw-hash.ts";
import { median } from "../statistics.ts";
import { list } from "./scan.ts";

const PAGE = 10_000;

/** A full audit of the filled store, against nothing but hashing what it must hash, before and after it. */
export async function auditRows(bench: Bench): Promise<void> {
  if (!wanted(bench.options, "audit_vs_hash", "audit_seconds")) return;
  const folder = copyOfStore(bench, "audit");
  await withService(folder, async ({ service }) => {
    const raw = [hashSeconds(service)];
    const progress = new Progress("audit");
    const startedAt = performance.now();
    const audit = await runAudit(
      service,
      bench.seeded.manifest.authority.caller,
      { ledger: true },
      {
        progress: (done, total) => progress.at(done / total, `${done} records, chains and batches`),
      },
    );
    const seconds = (performance.now() - startedAt) / 1000;
    raw.push(hashSeconds(service));
    const { codes, records } = bench.seeded.manifest.figures;
    if (!audit.ok) throw new Error(`the audit found breaks: ${JSON.stringify(audit.breaks.slice(0, 3))}`);
    if (audit.codes !== codes || audit.records !== records)
      throw new Error(
        `the audit saw ${audit.codes} codes and ${audit.records} records, not ${codes} and ${records}`,
      );
    bench.measured.add("audit_seconds", seconds, `${records} records, ${codes} codes, no break`);
    bench.measured.add(
      "audit_vs_hash",
      median(raw) / seconds,
      `${list([seconds], 1)} s against ${list(raw, 1)} s of hashing ${records} records and the trees of ${codes} codes`,
    );
  });
}

function hashSeconds({ store, register }: Service): number {
  return hashAll(
    storedRecords(store),
    register.all.map(({ count }) => count),
  );
}

function* storedRecords(store: Service["store"]): Generator<Uint8Array> {
  const size = store.ledger.size();
  for (let from = 0; from < size; from += PAGE)
    for (const { bytes } of store.ledger.records(from, Math.min(size, from + PAGE))) yield bytes;
}
