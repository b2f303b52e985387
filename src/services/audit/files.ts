import { decodeRecord } from "../../core/ledger/record.ts";
import type { Platform } from "../../platform.ts";
import type { Store } from "../../store/store.ts";
import { damageOf, placeOf } from "../custody/files.ts";
import type { Findings } from "./findings.ts";

type Hashing = Pick<Platform, "sha256" | "yield">;

/** Hashes every stored file and compares it with its digest, by which records name it. One file per event-loop turn. */
export async function checkFiles(
  store: Store,
  { sha256, yield: yieldTurn }: Hashing,
  findings: Findings,
): Promise<void> {
  for (let row = store.service.fileAfter(""); row !== undefined; row = store.service.fileAfter(row.digest)) {
    const found = damageOf(row, sha256);
    if (found !== undefined) findings.add("file_differs", placeOf(row.digest), row.digest, found);
    await yieldTurn();
  }
}

/** The same for the files that some records name as reports, by log index. A file was stored before its record. */
export async function checkReports(
  store: Store,
  { sha256, yield: yieldTurn }: Hashing,
  indices: Iterable<number>,
  findings: Findings,
): Promise<void> {
  const digests = new Set<string>();
  for (const index of indices) for (const digest of reportsOf(store, index)) digests.add(digest);
  for (const digest of digests) {
    const row = store.service.file(digest);
    const found = row === undefined ? "no file" : damageOf(row, sha256);
    if (found !== undefined) findings.add("file_differs", placeOf(digest), digest, found);
    await yieldTurn();
  }
}

function reportsOf(store: Store, index: number): string[] {
  const row = store.ledger.record(index);
  // A quick look first: most records name no report, and all of them were decoded before.
  if (row === undefined || !new TextDecoder().decode(row.bytes).includes('"reports"')) return [];
  try {
    const { reports } = decodeRecord(row.bytes).statement.public as { reports?: { digest?: unknown }[] };
    return (reports ?? []).flatMap(({ digest }) => (typeof digest === "string" ? [digest] : []));
  } catch {
    // Bytes that are no record are a break of their own.
    return [];
  }
}
