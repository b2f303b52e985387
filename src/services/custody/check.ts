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
  private readonly segments = new Map<number, Map<number, Segment>>();
  private readonly units = new Set<UnitKey>();
  /** Item keys at which a code's status may have changed, as segments. */
  private readonly changed = new Map<number, Map<number, Segment>>();
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
    for (const piece of this.pieces()) {
      const state = this.stateOf({ segment: piece }, this.reader.batchAt(piece.start).organisation);
      contradictions.push(...state.contradictions);
      if (contradictions.length === 0 && has(this.changed, piece)) this.writeStatus(piece, state);
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
    put(this.segments, segment);
    if (affects) for (const piece of this.reader.pieces(segment)) put(this.changed, piece);
  }

  private *pieces(): Iterable<Segment> {
    const seen = new Map<number, Map<number, Segment>>();
    for (const levels of this.segments.values())
      for (const segment of levels.values())
        for (const piece of this.reader.pieces(segment)) {
          if (has(seen, piece)) continue;
          put(seen, piece);
          yield piece;
        }
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

function put(map: Map<number, Map<number, Segment>>, segment: Segment): void {
  const levels = map.get(segment.start);
  if (levels) levels.set(segment.level, segment);
  else map.set(segment.start, new Map([[segment.level, segment]]));
}

function has(map: Map<number, Map<number, Segment>>, segment: Segment): boolean {
  return map.get(segment.start)?.has(segment.level) === true;
}
