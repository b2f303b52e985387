import type { Moment, Thing, UnitKey } from "../../core/custody/fact.ts";
import {
  entersUnit,
  type Journey,
  journeyOf,
  leavesUnit,
  PackedInCircle,
} from "../../core/custody/journey.ts";
import type { Segment } from "../../core/custody/segment.ts";
import { type Breach, contradictionsOf, type State, stateOf } from "../../core/custody/state.ts";
import { type CustodyStatement, readStatement } from "../../core/custody/statement.ts";
import { isKind, type Kind, ruleOf } from "../../core/custody/vocabulary.ts";
import type { Part, Statement } from "../../core/ledger/record.ts";
import type { IssuedBatch } from "../../scan/batch-register.ts";
import type { Extension } from "../../store/derived/custody.ts";
import type { Transaction } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { CallWork } from "./call-work.ts";
import { Clearances } from "./clearances.ts";
import { type Contents, contentsDuring, vacancyOf } from "./contents.ts";
import { StoreReader } from "./reader.ts";
import { Standings } from "./standings.ts";

/** A unit that a record names, whose contents may have to be judged too. */
interface Reaching {
  unit: UnitKey;
  /** The record whose effect was added or taken away: the new record, or the one that it corrects. */
  kind: Kind;
  part: Part | "subject";
  at: Moment;
  /** The unit moved into or out of. */
  around?: UnitKey;
  corrected: boolean;
}

/** A chain that a record extends, and the part of its goods or unit. */
type Extended = Pick<Extension, "key" | "part">;

/** These kinds affect the goods in a unit only through later events of those goods. */
const CHANGES_HOLDING: ReadonlySet<Kind> = new Set<Kind>(["holding", "shipping", "accepting"]);
/** Correcting one of these affects the contents; adding one only allows more. */
const GRANTS: ReadonlySet<Kind> = new Set<Kind>(["delegating", "releasing"]);

/** The most contradictions that a refusal names. */
const MOST_NAMED = 20;

/**
 * Checks the histories of everything that a call's events touch, once all of them are appended. Whole histories are judged,
 * so the order of late reports does not matter, and one call may correct and replace an event.
 */
export class Checking {
  private readonly tx: Pick<Transaction, "store">;
  private readonly work = new CallWork();
  private readonly reader: StoreReader;
  /** The times to customs' release, of this call's releases. */
  readonly clearances: Clearances;
  private readonly standings: Standings;
  private readonly segments: Segment[] = [];
  private readonly units = new Set<UnitKey>();
  private readonly reaching: Reaching[] = [];
  private readonly judgedUnits = new Set<UnitKey>();
  private readonly judgedPieces = new Pieces();
  private readonly statuses: { start: number; end: number; status: string }[] = [];
  /** Whether a moving record was late, by index: one record may move thousands. */
  private readonly late = new Map<number, boolean>();
  private readonly statements = new Map<number, Statement>();
  /** True where a record that took something out of a unit is corrected: the unit was not empty, and the record does not name it. */
  private putBack = false;

  constructor({ register }: Pick<Service, "register">, tx: Pick<Transaction, "store">) {
    this.tx = tx;
    this.reader = new StoreReader(tx.store, register, (facts) => this.work.spend(facts));
    this.standings = new Standings(tx.store);
    this.clearances = new Clearances(tx.store, this.reader, this.work);
  }

  /**
   * Adds a record that was just applied.
   * @param read the custody content of its statement
   * @param extended the chains that it extends
   */
  add(index: number, statement: Statement, read: CustodyStatement, extended: readonly Extended[]): void {
    this.statements.set(index, statement);
    this.work.addEvent();
    const { kind } = read;
    if (ruleOf(kind).open && kind !== "correcting") return;
    const about = kind === "correcting" ? this.aboutCorrected(index) : this.about(index, read);
    if (about.corrected && leavesUnnamed(about)) this.putBack = true;
    for (const { key, part } of extended)
      if (typeof key !== "number") this.segments.push(key);
      else {
        this.units.add(key);
        this.reaching.push({ unit: key, part, ...about });
      }
  }

  /** Sets the derived status of the codes concerned, for records that are in the log: whatever they contradict. */
  derive(): void {
    try {
      this.judge();
    } catch (error) {
      // Only a record past the door packs in a circle: the audit names it.
      if (!(error instanceof PackedInCircle)) throw error;
    }
    this.writeStatuses();
  }

  /** Sets the derived status of the codes concerned. @throws Problem custody_contradiction */
  finish(): void {
    let contradictions: Breach[];
    try {
      contradictions = this.judge();
    } catch (error) {
      if (!(error instanceof PackedInCircle)) throw error;
      throw new Problem("custody_contradiction", error.message, {
        extra: { contradictions: [{ rule: "packed_in_a_circle", message: error.message }] },
      });
    }
    if (contradictions.length > 0) throw this.problem(contradictions);
    this.writeStatuses();
  }

  private judge(): Breach[] {
    const contradictions: Breach[] = [];
    // All records of the call are appended now: first the things that it names, then the contents of units.
    this.judgeTouched(contradictions);
    for (const reaching of this.reaching) this.reachInto(reaching);
    this.judgeTouched(contradictions);
    return contradictions;
  }

  private judgeTouched(contradictions: Breach[]): void {
    this.judgeUnits(contradictions);
    for (const segment of this.segments.splice(0))
      for (const piece of this.reader.pieces(segment)) {
        if (!this.judgedPieces.add(piece)) continue;
        this.work.addThing();
        const batch = this.reader.batchAt(piece.start);
        const state = this.stateOf({ segment: piece }, batch.organisation);
        contradictions.push(...this.contradicted(state), ...this.tooLate(state, batch));
        this.noteStatus(piece, batch, state);
      }
    this.judgeUnits(contradictions);
  }

  private judgeUnits(contradictions: Breach[]): void {
    for (const unit of this.units) {
      if (this.judgedUnits.has(unit)) continue;
      this.judgedUnits.add(unit);
      this.work.addThing();
      contradictions.push(...this.contradicted(this.stateOf({ unit }, null)));
    }
  }

  private contradicted(state: State): Breach[] {
    return contradictionsOf(state, (organisation) => this.standings.boundFrom(organisation));
  }

  /**
   * Codes that expired unused cannot be activated. This binds new records only: a batch may be closed after an activation,
   * dated a moment ahead, is recorded.
   */
  private tooLate({ firstUse }: State, { expiresAtMs }: IssuedBatch): Breach[] {
    if (firstUse === null || expiresAtMs === null || firstUse.atMs < expiresAtMs) return [];
    if (!this.statements.has(firstUse.index)) return [];
    const { index, kind } = firstUse;
    const message = `${kind} of codes that had expired unused at ${new Date(expiresAtMs).toISOString()}`;
    return [{ rule: "after_expiry", index, kind, message }];
  }

  /** What a record changes. */
  private about(index: number, { kind, atMs, parent }: CustodyStatement): Omit<Reaching, "unit" | "part"> {
    const { units } = this.tx.store.custody;
    const around = parent === undefined ? undefined : units.numberOf(`unit:${parent}`);
    const about = { kind, at: { atMs, index }, corrected: false };
    return around === undefined ? about : { ...about, around };
  }

  /** What a correction changes: the effect of the record that it corrects. */
  private aboutCorrected(index: number): Omit<Reaching, "unit" | "part"> {
    const { recorded } = this.tx.store.custody;
    const target = recorded.event(recorded.event(index)?.corrects ?? -1);
    if (target === undefined || !isKind(target.kind))
      throw new RangeError(`the record that ${index} corrects is missing`);
    const { kind, unit } = target;
    const about = { kind, at: { atMs: target.at, index: target.index }, corrected: true };
    return unit === null ? about : { ...about, around: unit };
  }

  /** Adds the contents of a unit that the change may affect. */
  private reachInto(reaching: Reaching): void {
    const { unit, kind, at, corrected, part } = reaching;
    const rule = ruleOf(kind);
    const justBefore = { atMs: at.atMs, index: at.index - 1 };
    const after = { atMs: at.atMs, index: at.index + 1 };
    const then = { from: justBefore, to: after };
    if (rule.moves !== undefined) {
      if (part === "parent" && !this.leavesContents(reaching)) return;
      if (!this.movedLate(reaching, after)) return;
      if (part !== "parent") this.take(contentsDuring(this.reader, unit, { from: justBefore, to: null }));
      // Only the unit names the goods that an emptying took out; without it they may have stayed for long.
      else if (rule.moves === "out") this.takeEmptied(unit, justBefore, corrected ? null : after);
    } else if (rule.effect !== undefined || kind === "transforming") {
      // What is put into a unit after it left another one no longer shares what happens to that one.
      const leaves = leavesUnit({ kind }) || kind === "transforming";
      this.take(contentsDuring(this.reader, unit, { from: justBefore, to: leaves ? null : after }));
    } else if (CHANGES_HOLDING.has(kind) || (corrected && GRANTS.has(kind))) {
      // Of the same time, another record may come after this one.
      if (at.atMs > this.latestWithin(unit)) return;
      const { segments, units } = contentsDuring(this.reader, unit, then);
      const later = { from: after, to: null };
      this.take({
        segments: segments.filter((segment) => this.reader.facts({ segment }, later).length > 0),
        units: units.filter((inner) => this.reader.facts({ unit: inner }, later).length > 0),
      });
    }
  }

  /** What was in a unit when it was emptied, and what was put into the units among it later, as part of the emptied unit. */
  private takeEmptied(unit: UnitKey, from: Moment, to: Moment | null): void {
    const emptied = contentsDuring(this.reader, unit, { from, to });
    this.take(emptied);
    for (const inner of emptied.units) this.take(contentsDuring(this.reader, inner, { from, to: null }));
  }

  /** Whether a unit that was moved into or out of may have lost goods that the record does not name. */
  private leavesContents({ kind, at, corrected }: Reaching): boolean {
    if (ruleOf(kind).moves !== "out") return false;
    const statement = this.statements.get(at.index);
    return corrected || statement === undefined || readStatement(statement)?.empties === true;
  }

  /** Whether something later was reported of the unit moved into or out of. */
  private movedLate({ unit, around, at, corrected }: Reaching, after: Moment): boolean {
    if (corrected) return true;
    // The event does not name the unit that it unloads from.
    if (around === undefined) return this.goesOn(this.reader.entered(unit, at)?.unit, after);
    const known = this.late.get(at.index);
    if (known !== undefined) return known;
    const late = this.goesOn(around, after);
    this.late.set(at.index, late);
    return late;
  }

  private goesOn(unit: UnitKey | undefined, after: Moment): boolean {
    if (unit === undefined) return false;
    return journeyOf(this.reader, { unit }, { from: after, to: null }).steps.length > 0;
  }

  private take({ segments, units }: Contents): void {
    for (const segment of segments) this.segments.push(segment);
    for (const unit of units) this.units.add(unit);
  }

  private stateOf(thing: Thing, holder: string | null): State {
    const journey = journeyOf(this.reader, thing);
    this.noteLatest(thing, journey);
    if (this.putBack) for (const { unit } of journey.stays) this.units.add(unit);
    return stateOf(journey, holder, "unit" in thing ? vacancyOf(this.reader, thing.unit) : undefined);
  }

  /**
   * Each unit stores the time of the latest event of things that were ever in it, which spares later checks. Entries that
   * were corrected count too, so that the time follows from the records, however they are grouped into calls.
   */
  private noteLatest(thing: Thing, { steps }: Journey): void {
    const own = steps.filter(({ via, upstream }) => via.length === 0 && upstream === undefined);
    let latest = "unit" in thing ? this.latestWithin(thing.unit) : 0;
    const entered = new Set<number>();
    for (const { fact } of own) {
      latest = Math.max(latest, fact.atMs);
      if (entersUnit(fact)) entered.add(fact.unit as number);
    }
    for (const unit of entered) this.tx.store.custody.chains.raiseLatestWithin(unit, latest);
  }

  private latestWithin(unit: UnitKey): number {
    return this.tx.store.custody.chains.latestWithin(unit as number);
  }

  private noteStatus({ start, level }: Segment, batch: IssuedBatch, { status }: State): void {
    const end = Math.min(start + 2 ** level, batch.start + batch.count);
    this.statuses.push({ start, end, status });
  }

  /** Neighbours with one status are written as one. */
  private writeStatuses(): void {
    const { states } = this.tx.store.custody;
    let open: { start: number; end: number; status: string } | undefined;
    for (const { start, end, status } of this.statuses.sort((a, b) => a.start - b.start)) {
      if (open?.end === start && open.status === status) {
        open.end = end;
        continue;
      }
      if (open !== undefined) states.setStatus(open.start, open.end, open.status);
      open = { start, end, status };
    }
    if (open !== undefined) states.setStatus(open.start, open.end, open.status);
  }

  private problem(contradictions: Breach[]): Problem {
    // One event may break a rule for many things.
    const once = new Map(contradictions.map((breach) => [`${breach.rule} ${breach.index}`, breach]));
    const named = [...once.values()].slice(0, MOST_NAMED).map(({ rule, index, message, against }) => ({
      rule,
      ...this.named(index),
      message,
      ...(against === undefined ? {} : { against: this.named(against) }),
    }));
    return new Problem("custody_contradiction", `${contradictions[0]?.rule}: ${contradictions[0]?.message}`, {
      extra: { contradictions: named },
    });
  }

  /** An event by the reporter's id; an event of the same call is not recorded yet. */
  private named(index: number): { kind?: string; event?: string; recorded: boolean } {
    const told = this.statements.get(index);
    if (told !== undefined) return { kind: told.kind, event: told.id, recorded: false };
    const row = this.tx.store.custody.recorded.event(index);
    return row === undefined ? { recorded: true } : { kind: row.kind, event: row.statement, recorded: true };
  }
}

/** Whether the event takes goods out of a unit that it does not name. */
function leavesUnnamed({ kind, around }: Pick<Reaching, "kind" | "around">): boolean {
  if (ruleOf(kind).moves === "out") return around === undefined;
  return leavesUnit({ kind }) || kind === "transforming";
}

/** A set of segments. */
class Pieces {
  private readonly byLevel = new Map<number, Set<number>>();

  /** False if the segment was in the set. */
  add({ start, level }: Segment): boolean {
    const starts = this.byLevel.get(level);
    if (starts === undefined) this.byLevel.set(level, new Set([start]));
    else if (starts.has(start)) return false;
    else starts.add(start);
    return true;
  }
}
