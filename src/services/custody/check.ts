import type { Moment, Thing, UnitKey } from "../../core/custody/fact.ts";
import { type Journey, journeyOf, leavesUnit, PackedInCircle } from "../../core/custody/journey.ts";
import type { Segment } from "../../core/custody/segment.ts";
import { type Breach, type State, stateOf } from "../../core/custody/state.ts";
import { isCustodySubject, partOf } from "../../core/custody/statement.ts";
import { isKind, type Kind, ruleOf } from "../../core/custody/vocabulary.ts";
import type { Part, Statement } from "../../core/ledger/record.ts";
import type { IssuedBatch } from "../../scan/batch-register.ts";
import type { Transaction } from "../ledger/writer.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { type Contents, contentsDuring, vacancyOf } from "./contents.ts";
import { StoreReader } from "./reader.ts";

/** A unit that a record names, where what is in it may have to be judged too. */
interface Reaching {
  unit: UnitKey;
  /** The record whose effect came or went: the one recorded, or the one that it corrects. */
  kind: Kind;
  part: Part | "subject";
  at: Moment;
  /** The unit moved into or out of. */
  around?: UnitKey;
  corrected: boolean;
}

/** What these change for the goods in a unit shows only in what was reported of those goods for later. */
const CHANGES_HOLDING: ReadonlySet<Kind> = new Set<Kind>(["holding", "shipping", "accepting"]);
/** Taking these away changes it too; adding them only ever allows more. */
const GRANTS: ReadonlySet<Kind> = new Set<Kind>(["delegating", "releasing"]);

/** Most contradictions that a refusal names. */
const MOST_NAMED = 20;

/**
 * Checks what a call's events made of the things they touch, when all of them are in: a history is judged whole, so
 * the order in which late reports come does not matter, and one call may correct and replace at once.
 */
export class Checking {
  private readonly tx: Transaction;
  private readonly reader: StoreReader;
  private readonly segments: Segment[] = [];
  private readonly units = new Set<UnitKey>();
  private readonly reaching: Reaching[] = [];
  private readonly judgedUnits = new Set<UnitKey>();
  private readonly judgedPieces = new Pieces();
  /** By record that moves: whether it came late; one record may move thousands. */
  private readonly late = new Map<number, boolean>();
  private readonly statements = new Map<number, Statement>();
  /** True where what took something out of its unit is corrected: the unit was not empty then, which it does not tell. */
  private putBack = false;

  constructor(service: Service, tx: Transaction) {
    this.tx = tx;
    this.reader = new StoreReader(tx.store, service.register);
  }

  /** Takes in a record that was just appended. */
  add(index: number, statement: Statement): void {
    this.statements.set(index, statement);
    const kind = statement.kind;
    if (!isKind(kind) || (ruleOf(kind).open && kind !== "correcting")) return;
    const about = this.aboutOf(index);
    if (about.corrected && leavesUnnamed(about)) this.putBack = true;
    for (const subject of statement.subjects.filter(isCustodySubject))
      for (const thing of this.reader.thingsOf(subject))
        if ("segment" in thing) this.segments.push(thing.segment);
        else {
          this.units.add(thing.unit);
          this.reaching.push({ unit: thing.unit, part: partOf(subject), ...about });
        }
  }

  /** @throws Problem custody_contradiction, or writes the derived status of the codes concerned */
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
  }

  private judge(): Breach[] {
    const contradictions: Breach[] = [];
    // Only now, when all that the call began is there: what it names first, then what it reaches inside units.
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
        const batch = this.reader.batchAt(piece.start);
        const state = this.stateOf({ segment: piece }, batch.organisation);
        contradictions.push(...state.contradictions, ...this.tooLate(state, batch));
        if (contradictions.length === 0) this.writeStatus(piece, state);
      }
    this.judgeUnits(contradictions);
  }

  private judgeUnits(contradictions: Breach[]): void {
    for (const unit of this.units) {
      if (this.judgedUnits.has(unit)) continue;
      this.judgedUnits.add(unit);
      contradictions.push(...this.stateOf({ unit }, null).contradictions);
    }
  }

  /**
   * What expired unused is not taken into use any more. It binds what is recorded now: a batch may be closed while an
   * activation of it, dated a moment ahead, is recorded already.
   */
  private tooLate({ firstUse }: State, { expiresAtMs }: IssuedBatch): Breach[] {
    if (firstUse === null || expiresAtMs === null || firstUse.atMs < expiresAtMs) return [];
    if (!this.statements.has(firstUse.index)) return [];
    const { index, kind } = firstUse;
    const message = `${kind} of codes that had expired unused at ${new Date(expiresAtMs).toISOString()}`;
    return [{ rule: "after_expiry", index, kind, message }];
  }

  /** What a record changes: itself, or for a correction the record that it takes away. */
  private aboutOf(index: number): Omit<Reaching, "unit" | "part"> {
    const { custody } = this.tx.store;
    const own = custody.event(index);
    const target = typeof own?.corrects === "number" ? custody.event(own.corrects) : own;
    if (target === undefined || !isKind(target.kind)) throw new RangeError(`record ${index} is missing`);
    return {
      kind: target.kind,
      at: { atMs: target.at, index: target.index },
      corrected: target !== own,
      ...(target.unit === null ? {} : { around: target.unit }),
    };
  }

  /** Adds what of a unit's contents must be judged: what changed for them, and could matter. */
  private reachInto(reaching: Reaching): void {
    const { unit, kind, at, corrected, part } = reaching;
    const rule = ruleOf(kind);
    const justBefore = { atMs: at.atMs, index: at.index - 1 };
    const after = { atMs: at.atMs, index: at.index + 1 };
    const then = { from: justBefore, to: after };
    if (rule.moves !== undefined) {
      if (!this.movedLate(reaching, after)) return;
      if (part !== "parent") this.take(contentsDuring(this.reader, unit, { from: justBefore, to: null }));
      // What an emptying took out is named by nothing but the unit; taken away, it may have stayed for long.
      else if (rule.moves === "out")
        this.take(contentsDuring(this.reader, unit, corrected ? { from: justBefore, to: null } : then));
    } else if (rule.effect !== undefined || kind === "transforming") {
      this.take(contentsDuring(this.reader, unit, then));
    } else if (CHANGES_HOLDING.has(kind) || (corrected && GRANTS.has(kind))) {
      if (at.atMs >= this.latestWithin(unit)) return;
      const { segments, units } = contentsDuring(this.reader, unit, then);
      const later = { from: after, to: null };
      this.take({
        segments: segments.filter((segment) => this.reader.facts({ segment }, later).length > 0),
        units: units.filter((inner) => this.reader.facts({ unit: inner }, later).length > 0),
      });
    }
  }

  /** Whether something was reported for after the move of the unit moved into or out of, which is then another's too. */
  private movedLate({ unit, around, at, corrected }: Reaching, after: Moment): boolean {
    if (corrected) return true;
    // Unloaded from wherever it was: that unit is not named.
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

  /** Every unit that a thing was ever in knows the latest that was reported of it, so that a later look can be spared. */
  private noteLatest(thing: Thing, { steps, stays }: Journey): void {
    if (stays.length === 0) return;
    let latest = "unit" in thing ? this.latestWithin(thing.unit) : 0;
    for (const { fact, via } of steps) if (via.length === 0) latest = Math.max(latest, fact.atMs);
    for (const { unit } of stays) this.tx.store.custody.raiseLatestWithin(unit as number, latest);
  }

  private latestWithin(unit: UnitKey): number {
    return this.tx.store.custody.unitOfChain(unit as number)?.latestWithin ?? Number.POSITIVE_INFINITY;
  }

  private writeStatus(piece: Segment, { status }: State): void {
    const batch = this.reader.batchAt(piece.start);
    const end = Math.min(piece.start + 2 ** piece.level, batch.start + batch.count);
    this.tx.store.custody.setStatus(piece.start, end, status);
  }

  private problem(contradictions: Breach[]): Problem {
    // One event breaks a rule for many things at once.
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

  /** An event as the reporter knows it; what is not recorded came with the call at hand. */
  private named(index: number): { kind?: string; event?: string; recorded: boolean } {
    const told = this.statements.get(index);
    if (told !== undefined) return { kind: told.kind, event: told.id, recorded: false };
    const row = this.tx.store.custody.event(index);
    return row === undefined ? { recorded: true } : { kind: row.kind, event: row.statement, recorded: true };
  }
}

/** Whether it took goods out of a unit that it does not name. */
function leavesUnnamed({ kind, around }: Pick<Reaching, "kind" | "around">): boolean {
  if (ruleOf(kind).moves === "out") return around === undefined;
  return leavesUnit({ kind }) || kind === "transforming";
}

/** Segments, each once. */
class Pieces {
  private readonly byStart = new Map<number, Set<number>>();

  /** False where it was there. */
  add({ start, level }: Segment): boolean {
    const levels = this.byStart.get(start);
    if (levels === undefined) this.byStart.set(start, new Set([level]));
    else if (levels.has(level)) return false;
    else levels.add(level);
    return true;
  }
}
