import type { Thing, UnitKey } from "../../custody/fact.ts";
import { journeyOf } from "../../custody/journey.ts";
import type { Segment } from "../../custody/segment.ts";
import { type Breach, type State, stateOf } from "../../custody/state.ts";
import { isCustodySubject } from "../../custody/statement.ts";
import { isKind, ruleOf } from "../../custody/vocabulary.ts";
import type { Statement } from "../../ledger/record.ts";
import type { Transaction } from "../ledger/writer.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { contentsAt } from "./contents.ts";
import { StoreReader } from "./reader.ts";

/**
 * Checks what a call's events made of the things they touch, when all of them are in: a history is judged whole, so
 * the order in which late reports come does not matter, and one call may correct and replace at once.
 */
export class Checking {
  private readonly tx: Transaction;
  private readonly reader: StoreReader;
  private readonly segments: Segment[] = [];
  private readonly units = new Set<UnitKey>();
  /** Where codes' status may have changed. */
  private readonly changed: Segment[] = [];
  private readonly statements = new Map<number, Statement>();

  constructor(service: Service, tx: Transaction) {
    this.tx = tx;
    this.reader = new StoreReader(tx.store, service.register);
  }

  /** Takes in a record that was just appended. */
  add(index: number, statement: Statement): void {
    this.statements.set(index, statement);
    const kind = statement.kind;
    if (!isKind(kind)) return;
    const rule = ruleOf(kind);
    if (rule.open && kind !== "correcting") return;
    // A correction may bring back any effect, so it is treated as having one.
    const affects = rule.effect !== undefined || kind === "transforming" || kind === "correcting";
    for (const subject of statement.subjects.filter(isCustodySubject))
      for (const thing of this.reader.thingsOf(subject))
        this.touch(thing, affects && subject.as !== "parent", Date.parse(statement.at), index);
  }

  /** @throws Problem custody_contradiction, or writes the derived status of the codes concerned */
  finish(): void {
    const contradictions: Breach[] = [];
    const changed = this.piecesOf(this.changed);
    for (const piece of this.piecesOf(this.segments)) {
      const state = this.stateOf({ segment: piece }, this.reader.batchAt(piece.start).organisation);
      contradictions.push(...state.contradictions);
      if (contradictions.length === 0 && changed.has(piece)) this.writeStatus(piece, state);
    }
    for (const unit of this.units) contradictions.push(...this.stateOf({ unit }, null).contradictions);
    if (contradictions.length > 0) throw this.problem(contradictions);
  }

  private touch(thing: Thing, affects: boolean, atMs: number, index: number): void {
    if ("segment" in thing) return this.touchSegment(thing.segment, affects);
    this.units.add(thing.unit);
    if (!affects) return;
    // What happens to a unit's life happens to everything in it.
    const inside = contentsAt(this.reader, thing.unit, { atMs, index });
    for (const unit of inside.units) this.units.add(unit);
    for (const segment of inside.segments) this.touchSegment(segment, true);
  }

  private touchSegment(segment: Segment, affects: boolean): void {
    this.segments.push(segment);
    if (affects) this.changed.push(segment);
  }

  /** Cut only now, when every chain that the call began is there. */
  private piecesOf(segments: Segment[]): Pieces {
    const pieces = new Pieces();
    for (const segment of segments) for (const piece of this.reader.pieces(segment)) pieces.add(piece);
    return pieces;
  }

  private stateOf(thing: Thing, holder: string | null): State {
    try {
      return stateOf(journeyOf(this.reader, thing), holder);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Problem("custody_contradiction", error.message, {
        extra: { contradictions: [{ rule: "packed_in_a_circle", message: error.message }] },
      });
    }
  }

  private writeStatus(piece: Segment, state: State): void {
    const batch = this.reader.batchAt(piece.start);
    const end = Math.min(piece.start + 2 ** piece.level, batch.start + batch.count);
    this.tx.store.custody.setStatus(piece.start, end, state.status);
  }

  private problem(contradictions: Breach[]): Problem {
    const named = contradictions.slice(0, 20).map(({ rule, index, kind, message }) => ({
      rule,
      kind,
      event: this.statements.get(index)?.id ?? this.tx.store.custody.event(index)?.statement,
      recorded: !this.statements.has(index),
      message,
    }));
    return new Problem("custody_contradiction", `${contradictions[0]?.rule}: ${contradictions[0]?.message}`, {
      extra: { contradictions: named },
    });
  }
}

/** Segments, each once. */
class Pieces {
  private readonly byStart = new Map<number, Map<number, Segment>>();

  add(piece: Segment): void {
    const levels = this.byStart.get(piece.start);
    if (levels) levels.set(piece.level, piece);
    else this.byStart.set(piece.start, new Map([[piece.level, piece]]));
  }

  has(piece: Segment): boolean {
    return this.byStart.get(piece.start)?.has(piece.level) === true;
  }

  *[Symbol.iterator](): Iterator<Segment> {
    for (const levels of this.byStart.values()) yield* levels.values();
  }
}
