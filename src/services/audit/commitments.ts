import { bytesToHex } from "@noble/hashes/utils.js";
import type { Keyring } from "../../core/code/keyring.ts";
import { decodeRecord } from "../../core/ledger/record.ts";
import type { BatchRow } from "../../store/batches.ts";
import type { Store } from "../../store/store.ts";
import { type Commitment, commitmentOf } from "../codes/tree.ts";
import type { Platform } from "../../platform.ts";
import { Findings } from "./findings.ts";

/** The recomputed batches and their breaks. */
export interface Committed {
  batches: number;
  codes: number;
  findings: Findings;
}

/** Batches recomputed concurrently. */
const LANES = 4;

/** Recomputes the Merkle roots of batches from the epoch's keys and compares them with the records and the store. */
export class Commitments {
  private readonly store: Store;
  readonly keyring: Keyring;
  readonly platform: Platform;

  constructor(store: Store, keyring: Keyring, platform: Platform) {
    this.store = store;
    this.keyring = keyring;
    this.platform = platform;
  }

  checkAll(): Promise<Committed> {
    return this.checkRows(this.store.batches.issued());
  }

  check(ids: string[]): Promise<Committed> {
    const rows = ids.map((id) => this.store.batches.get(id)).filter((row) => row !== undefined);
    return this.checkRows(rows.filter((row) => row.root !== null));
  }

  /** Recomputes several batches concurrently, so that no thread is idle; reports breaks in order. */
  private async checkRows(rows: BatchRow[]): Promise<Committed> {
    const findings = new Findings();
    const underway: Promise<Findings>[] = [];
    let codes = 0;
    for (const row of rows) {
      underway.push(this.checkRow(row));
      codes += row.quantity;
      if (underway.length === LANES) findings.addAll(await (underway.shift() as Promise<Findings>));
      await this.platform.yield();
    }
    for (const found of underway) findings.addAll(await found);
    return { batches: rows.length, codes, findings };
  }

  private async checkRow(row: BatchRow): Promise<Findings> {
    const findings = new Findings();
    try {
      await this.checkOne(row, findings);
    } catch (error) {
      // The stored span is invalid or of no epoch.
      findings.add("commitment", `batch ${row.id}`, "codes of its span", (error as Error).message);
    }
    return findings;
  }

  private async checkOne(row: BatchRow, findings: Findings): Promise<void> {
    const { root, pages } = (await commitmentOf(this, {
      start: row.start as number,
      count: row.quantity,
    })) as Commitment;
    const at = `batch ${row.id}`;
    const hex = bytesToHex(root);
    const stored = row.root === null ? "none" : bytesToHex(row.root);
    if (stored !== hex) findings.add("commitment", `${at}, stored root`, hex, stored);
    const recorded = this.recordedRoot(row.id);
    if (recorded !== hex) findings.add("commitment", `${at}, recorded root`, hex, recorded);
    for (const { level, page, hashes } of pages) {
      const kept = this.store.batches.hashes(row.id, level, page);
      if (kept === undefined || bytesToHex(kept) !== bytesToHex(hashes))
        findings.add(
          "commitment",
          `${at}, hashes ${level}/${page}`,
          "those of its codes",
          kept ? "others" : "none",
        );
    }
  }

  /** The root in the batch's issuing record, which the log commits to. */
  private recordedRoot(id: string): string {
    const chain = this.store.custody.chainNamed(`batch:${id}`);
    for (const { index } of chain === undefined ? [] : this.store.custody.chains.links(chain)) {
      const row = this.store.ledger.record(index);
      const statement = row && decodeRecord(row.bytes).statement;
      if (statement?.kind === "issuing") return String(statement.public["root"]);
    }
    return "none";
  }
}
