import { roleIn } from "../../core/custody/fact.ts";
import { type Filed, filedAfter, filedFactOf } from "../../core/custody/rules/filed.ts";
import { type KnownBefore, refuseRecord } from "../../core/custody/rules/record-rules.ts";
import { isRefusal, type Refusal, refusal } from "../../core/custody/rules/refusal.ts";
import {
  type Standing,
  standingAfter,
  type StandingFact,
  standingFactOf,
} from "../../core/custody/rules/standing.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import { decodeRecord, type LedgerRecord } from "../../core/ledger/record.ts";
import type { OrganisationRow, Place } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import { Standings } from "../custody/standings.ts";
import type { Break, Findings } from "./findings.ts";

/** Records of actors that are not approved, kept until a later approval names them more exactly. */
const MOST_WAITING = 1000;
const ROWS_A_READ = 64;
/** Later than every row: lists are newest first. */
const LAST_PLACE: Place = { at: Number.MAX_SAFE_INTEGER, id: "" };
/** Statuses of rows whose filing may not be in the log. */
const MAY_WAIT: ReadonlySet<string> = new Set(["requested", "declined"]);

/**
 * Applies the rules of `core/custody/rules/` to the records of the log. A whole audit carries the standing of each
 * organisation from record to record; a narrower one reads it from the organisation's standing chain.
 */
export class RecordAudit {
  private readonly store: Store;
  private readonly findings: Findings;
  private readonly stored: Standings;
  private readonly batches = new Map<string, { orderedMs: number; owner: string } | undefined>();
  private readonly standings = new Map<string, Standing>();
  /** Goods, orders and recalls, as the records before the next one leave them. */
  private readonly filed = new Map<string, Filed>();
  /** Organisations whose records are on a standing chain: from the first such record on, all of them must be. */
  private readonly chained = new Set<string>();
  private readonly waiting = new Map<string, Break[]>();

  constructor(store: Store, findings: Findings) {
    this.store = store;
    this.findings = findings;
    this.stored = new Standings(store);
  }

  /** Judges the next record of the log, and carries on with the standing that it leaves. */
  takeNext(index: number, record: LedgerRecord, verifies: boolean): void {
    this.report(
      index,
      record,
      refuseRecord(
        { index, record, verifies },
        this.knownBefore(index, (id) => this.carried(id)),
      ),
    );
    this.step(index, record);
    this.stepFiled(index, record);
  }

  /** Judges a record by itself, with the standings that the store's chains give. */
  takeAlone(index: number, record: LedgerRecord, verifies: boolean): void {
    const known = this.knownBefore(index, (id) => this.stored.at(id, index));
    this.report(index, record, refuseRecord({ index, record, verifies }, known));
  }

  /**
   * Compares the rows of organisations with the standings that the whole log leaves. Records from `size` on were appended
   * during the audit. Strangers file by the thousand, so the rows are read in turns.
   * @param yieldTurn lets the event loop do other work
   */
  async checkOrganisations(size: number, yieldTurn: () => Promise<void>): Promise<void> {
    let stepped = this.stepAppended(size);
    for (const [n, id] of [...this.standings.keys()].entries()) {
      this.checkOrganisation(id);
      if (n % ROWS_A_READ > 0) continue;
      await yieldTurn();
      stepped = this.stepAppended(stepped);
    }
    for (let after: Place | undefined = LAST_PLACE; after !== undefined;) {
      stepped = this.stepAppended(stepped);
      const rows: OrganisationRow[] = this.store.filing.organisations(after, ROWS_A_READ);
      for (const { id, status } of rows)
        if (!this.standings.has(id) && !MAY_WAIT.has(status))
          this.findings.add("derived", `organisation ${id}, status`, "a record that decides", status);
      const last = rows.at(-1);
      after = last && { at: last.filedAt, id: last.id };
      await yieldTurn();
    }
  }

  private checkOrganisation(id: string): void {
    const standing = this.standings.get(id);
    const row = this.store.filing.organisation(id);
    const at = `organisation ${id}`;
    this.findings.compare("derived", `${at}, status`, standing?.status, row?.status ?? "none");
    this.findings.compare("derived", `${at}, signing key`, standing?.key, row?.signingKey ?? null);
  }

  /** Takes the standings of records from `from` on, which came during the audit. @returns the size of the log */
  private stepAppended(from: number): number {
    const { ledger } = this.store;
    const size = ledger.size();
    for (let index = from; index < size; index++) {
      const row = ledger.record(index);
      if (row) this.step(index, decodeRecord(row.bytes));
    }
    return size;
  }

  /** A standing that the log gave so far, with the index of a later `standing` record: older rules bound what is before. */
  private carried(organisation: string): Standing | undefined {
    const standing = this.standings.get(organisation);
    const base = this.stored.boundFrom(organisation);
    return standing === undefined || base < 0 ? standing : { ...standing, base };
  }

  private step(index: number, { statement, chains }: LedgerRecord): void {
    const fact = standingFactOf(index, statement);
    for (const { of, n } of chains)
      if (of.startsWith("standing:")) this.checkPlace(index, of.slice("standing:".length), n, fact);
    if (fact === undefined) return;
    const { organisation } = fact;
    const on = chains.some(({ of }) => of === namedChain("standing", organisation));
    if (on) this.chained.add(organisation);
    else if (this.chained.has(organisation) || this.isNew(fact))
      this.add(index, refusal("standing_chain_missed", `a place on standing:${organisation}`, "none"));
    const after = standingAfter(this.standings.get(organisation), fact, roleIn(fact.actor) ?? "enterprise");
    if (isRefusal(after)) return void this.add(index, after);
    this.standings.set(organisation, after);
    if (after.status === "approved" && fact.kind === "deciding") this.nameWaiting(organisation);
  }

  /** Once one organisation has a standing chain, every organisation that is registered later has one. */
  private isNew({ kind }: StandingFact): boolean {
    return (kind === "filing" || kind === "registering") && this.chained.size > 0;
  }

  private stepFiled(index: number, { statement }: LedgerRecord): void {
    const fact = filedFactOf(index, statement);
    if (fact === undefined) return;
    const after = filedAfter(this.filed.get(fact.thing), fact, roleIn(fact.actor) ?? "enterprise");
    if (isRefusal(after)) this.add(index, after);
    else this.filed.set(fact.thing, after);
  }

  private checkPlace(index: number, about: string, n: number, fact: StandingFact | undefined): void {
    if (fact?.organisation !== about)
      this.add(index, refusal("standing_of_another", `a record about the standing of ${about}`, "another"));
    else if (fact.kind === "standing" && (n !== 0 || !this.standings.has(about)))
      this.add(
        index,
        refusal("standing_record_late", `place 0, of an organisation with earlier records`, `place ${n}`),
      );
  }

  private knownBefore(index: number, standing: KnownBefore["standing"]): KnownBefore {
    return {
      standing,
      batch: (id) => this.batch(id),
      event: (organisation, id) => {
        const row = this.store.custody.recorded.eventByStatement(organisation, id);
        if (row === undefined || row.index >= index) return undefined;
        // The row names one correction: where it is another record than this one, there are two.
        const corrected = row.correctedBy !== null && row.correctedBy !== index;
        return { organisation, kind: row.kind, corrected };
      },
      reporter: (of) => (of < index ? this.store.custody.recorded.event(of)?.organisation : undefined),
    };
  }

  /** When a batch was ordered, by the first record of its chain, and its enterprise. */
  private batch(id: string): { orderedMs: number; owner: string } | undefined {
    if (this.batches.has(id)) return this.batches.get(id);
    const { custody } = this.store;
    const chain = custody.chainNamed(namedChain("batch", id));
    // A damaged chain is named where the chains are checked.
    const damaged = chain === undefined || custody.chains.fault(chain) !== undefined;
    const first = damaged ? undefined : custody.chains.link(chain, 0);
    const row = first && this.store.ledger.record(first.index);
    const record = row && decodeRecord(row.bytes);
    const batch = record && {
      orderedMs: Date.parse(record.recorded),
      owner: String(record.statement.public["enterprise"]),
    };
    this.batches.set(id, batch);
    return batch;
  }

  private report(index: number, { statement }: LedgerRecord, refused: Refusal | undefined): void {
    if (refused === undefined) return;
    const { organisation } = statement.actor;
    // A narrow audit reads the standing of then from the `standing` record, which names the last key alone.
    const before = !this.standings.has(organisation) && index <= this.stored.boundFrom(organisation);
    if (before && refused.rule === "key_not_registered") return;
    const broken = this.add(index, refused);
    if (refused.rule !== "actor_not_approved" || broken === undefined) return;
    const waiting = this.waiting.get(organisation) ?? [];
    if (waiting.length < MOST_WAITING) this.waiting.set(organisation, [...waiting, broken]);
  }

  /** An approval that came too late says more than none. */
  private nameWaiting(organisation: string): void {
    for (const broken of this.waiting.get(organisation) ?? []) broken.rule = "actor_not_approved_yet";
    this.waiting.delete(organisation);
  }

  private add(index: number, { rule, expected, found }: Refusal): Break | undefined {
    return this.findings.add(rule, `record ${index}`, expected, found);
  }
}
