import {
  ALWAYS,
  compareMoments,
  type Fact,
  type Moment,
  momentOf,
  roleIn,
  type Thing,
} from "../../core/custody/fact.ts";
import { journeyOf } from "../../core/custody/journey.ts";
import type { Statement } from "../../core/ledger/record.ts";
import type { Transaction } from "../ledger/transaction.ts";
import type { CallWork } from "./call-work.ts";
import { contentsAt } from "./contents.ts";
import type { StoreReader } from "./reader.ts";

/** The declarations of goods, and of the units that they were in. */
type Declarations = { things: Thing[]; around: Fact[] };

/**
 * Stores the time from declaring to customs' release, for the releases of one call: by the newest declaration of the
 * released goods, of a unit that they were in, or else of the contents. Goods that one call holds and releases again and
 * again are read once.
 */
export class Clearances {
  private readonly store: Transaction["store"];
  private readonly reader: StoreReader;
  private readonly work: CallWork;
  private readonly known = new Map<string, Declarations>();
  private readonly contents = new Set<string>();

  /** @param reader spends the work of the call */
  constructor(store: Transaction["store"], reader: StoreReader, work: CallWork) {
    this.store = store;
    this.reader = reader;
    this.work = work;
  }

  /** Call for each record, once it is appended. */
  note(statement: Statement, index: number): void {
    const { kind, actor } = statement;
    if (kind !== "holding" && kind !== "releasing") this.known.clear();
    if (kind !== "releasing" || roleIn(actor.organisation) !== "authority") return;
    const released = { atMs: Date.parse(statement.at), index };
    const { things, around } = this.declarations(statement);
    const declaredMs = lastBefore(around, released) ?? lastBefore(this.inside(things, released), released);
    if (declaredMs !== undefined) this.store.custody.recorded.setClearance(index, released.atMs - declaredMs);
  }

  private declarations({ subjects }: Statement): Declarations {
    const key = JSON.stringify(subjects);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const things = subjects.flatMap((subject) => this.reader.thingsOf(subject));
    const around = things.flatMap((thing) =>
      journeyOf(this.reader, thing, ALWAYS).steps.map(({ fact }) => fact),
    );
    const read = { things, around: around.filter(isDeclaration) };
    this.known.set(key, read);
    return read;
  }

  private inside(things: Thing[], released: Moment): Fact[] {
    return things.flatMap((thing) => {
      if (!("unit" in thing)) return [];
      const { segments, units } = contentsAt(this.reader, thing.unit, released);
      const contents: Thing[] = [
        ...segments.map((segment) => ({ segment })),
        ...units.map((unit) => ({ unit })),
      ];
      return contents.flatMap((one) => {
        const name = JSON.stringify(one);
        if (!this.contents.has(name)) this.work.addThing();
        this.contents.add(name);
        return this.reader.facts(one, ALWAYS).filter(isDeclaration);
      });
    });
  }
}

function isDeclaration({ kind, correctedBy }: Fact): boolean {
  return kind === "declaring" && correctedBy === undefined;
}

function lastBefore(declarations: Fact[], released: Moment): number | undefined {
  let last: number | undefined;
  for (const fact of declarations)
    if (compareMoments(momentOf(fact), released) < 0 && fact.atMs > (last ?? -Infinity)) last = fact.atMs;
  return last;
}
