import { and, asc, count, desc, eq, gte, isNull, lt, sql } from "drizzle-orm";
import type { Fact, Moment } from "../../core/custody/fact.ts";
import type { Status } from "../../core/custody/state.ts";
import { isKind } from "../../core/custody/vocabulary.ts";
import type { Database } from "../binding.ts";
import type { Direct } from "../direct.ts";
import type { ChainHead } from "../log.ts";
import { spelled, bound, boundLimit, ONE, p } from "../bound.ts";
import { chain, clearance, codeState, event, link, node, recall, recallRange, unit } from "../schema.ts";

/** How a chain's thing takes part, as the `part` column has it. */
export const PARTS = ["subject", "parent", "input", "output"] as const;
export type PartName = (typeof PARTS)[number];

/** What a record does to the whereabouts of the chain's thing, as the `move` column has it. */
export const MOVES = ["none", "entered", "emptied"] as const;
export type MoveName = (typeof MOVES)[number];

export interface LinkRow {
  chain: number;
  n: number;
  index: number;
  at: number;
  part: PartName;
  move: MoveName;
}

export interface EventRow {
  index: number;
  kind: string;
  at: number;
  organisation: string;
  statement: string;
  unit: number | null;
  to: string | null;
  carrier: string | null;
  recall: string | null;
  corrects: number | null;
  correctedBy: number | null;
}

export interface UnitRow {
  chain: number;
  id: string;
  salt: Uint8Array;
  latestWithin: number;
}

export type NodeRow = typeof node.$inferSelect;

export interface StateRow {
  start: number;
  end: number;
  status: string;
}

export type RecallRow = typeof recall.$inferSelect;

/** What codes are of which nothing is stored. */
const UNTOUCHED: Status = "issued";
const DISTANT_MS = Number.MAX_SAFE_INTEGER;

/** Chains' links, what custody knows of each record, nodes, units, and the derived life of codes. */
export function custodyStatements(db: Database, direct: Direct) {
  const insertLink = direct(
    db.insert(link).values({
      chain: p("chain"),
      n: p("n"),
      index: p("index"),
      at: p("at"),
      part: p("part"),
      move: p("move"),
    }),
  );
  const factColumns = {
    index: link.index,
    part: link.part,
    move: link.move,
    kind: event.kind,
    at: event.at,
    organisation: event.organisation,
    unit: event.unit,
    to: event.to,
    carrier: event.carrier,
    recall: event.recall,
    correctedBy: event.correctedBy,
  };
  const facts = () => db.select(factColumns).from(link).innerJoin(event, eq(event.index, link.index));
  const onChain = eq(link.chain, bound("chain"));
  const moving = (move: MoveName) =>
    and(onChain, eq(link.move, spelled(MOVES.indexOf(move))), isNull(event.correctedBy));
  // Row values let the index (chain, at, index) bound the window on both sides.
  const since = sql`(${link.at}, ${link.index}) >= (${bound("fromAt")}, ${bound("fromIndex")})`;
  const until = sql`(${link.at}, ${link.index}) < (${bound("toAt")}, ${bound("toIndex")})`;
  const factsIn = direct(
    facts()
      .where(and(onChain, since, until))
      .orderBy(asc(link.at), asc(link.index)),
  );
  const emptiedFrom = direct(
    facts()
      .where(and(moving("emptied"), since))
      .orderBy(asc(link.at), asc(link.index))
      .limit(ONE),
  );
  const enteredBefore = direct(
    facts()
      .where(and(moving("entered"), until))
      .orderBy(desc(link.at), desc(link.index))
      .limit(ONE),
  );
  const linksOf = direct(
    db
      .select()
      .from(link)
      .where(and(eq(link.chain, bound("chain")), gte(link.n, bound("from"))))
      .orderBy(asc(link.n)),
  );
  const linkAt = direct(
    db
      .select()
      .from(link)
      .where(and(eq(link.chain, bound("chain")), eq(link.n, bound("n")))),
  );
  const countLinks = direct(
    db
      .select({ n: count().as("n") })
      .from(link)
      .where(eq(link.chain, bound("chain"))),
  );
  const insertEvent = direct(
    db.insert(event).values({
      index: p("index"),
      kind: p("kind"),
      at: p("at"),
      organisation: p("organisation"),
      statement: p("statement"),
      unit: p("unit"),
      to: p("to"),
      carrier: p("carrier"),
      recall: p("recall"),
      corrects: p("corrects"),
    }),
  );
  const eventAt = direct(
    db
      .select()
      .from(event)
      .where(eq(event.index, bound("index"))),
  );
  const eventByStatement = direct(
    db
      .select()
      .from(event)
      .where(and(eq(event.organisation, bound("organisation")), eq(event.statement, bound("statement")))),
  );
  const correct = direct(
    db
      .update(event)
      .set({ correctedBy: sql`${p("by")}` })
      .where(eq(event.index, bound("index"))),
  );
  const setClearance = db
    .insert(clearance)
    .values({ index: p("index"), ms: p("ms") })
    .prepare();
  const clearances = db
    .select({ ms: clearance.ms })
    .from(clearance)
    .innerJoin(event, eq(event.index, clearance.index))
    .where(isNull(event.correctedBy))
    .prepare();
  const nodeAt = direct(
    db
      .select({ chain: node.chain })
      .from(node)
      .where(and(eq(node.start, bound("start")), eq(node.level, bound("level")))),
  );
  const chainAtNode = direct(
    db
      .select({ id: chain.id, of: chain.of, length: chain.length, head: chain.head })
      .from(node)
      .innerJoin(chain, eq(chain.id, node.chain))
      .where(and(eq(node.start, bound("start")), eq(node.level, bound("level")))),
  );
  const insertNode = direct(
    db.insert(node).values({ start: p("start"), level: p("level"), chain: p("chain") }),
  );
  const nodesIn = direct(
    db
      .select()
      .from(node)
      .where(and(gte(node.start, bound("from")), lt(node.start, bound("to"))))
      .orderBy(asc(node.start), asc(node.level)),
  );
  const unitById = direct(
    db
      .select()
      .from(unit)
      .where(eq(unit.id, bound("id"))),
  );
  const unitByChain = direct(
    db
      .select()
      .from(unit)
      .where(eq(unit.chain, bound("chain"))),
  );
  const insertUnit = direct(db.insert(unit).values({ chain: p("chain"), id: p("id"), salt: p("salt") }));
  const raiseLatest = direct(
    db
      .update(unit)
      .set({ latestWithin: sql`${p("at")}` })
      .where(and(eq(unit.chain, bound("chain")), lt(unit.latestWithin, bound("at")))),
  );
  const chainOf = direct(
    db
      .select({ of: chain.of })
      .from(chain)
      .where(eq(chain.id, bound("id"))),
  );
  const stateAt = direct(
    db
      .select()
      .from(codeState)
      .where(sql`${codeState.start} <= ${bound("key")}`)
      .orderBy(desc(codeState.start))
      .limit(ONE),
  );
  // From the interval on that begins last before, which may reach into these, or else from their first.
  const lastBegun = sql`(select max(${codeState.start}) from ${codeState} where ${codeState.start} <= ${bound("from")})`;
  const statesIn = direct(
    db
      .select()
      .from(codeState)
      .where(
        and(
          sql`${codeState.start} >= coalesce(${lastBegun}, ${bound("from")})`,
          lt(codeState.start, bound("to")),
        ),
      )
      .orderBy(asc(codeState.start)),
  );
  const deleteState = direct(db.delete(codeState).where(eq(codeState.start, bound("start"))));
  const insertState = direct(
    db.insert(codeState).values({ start: p("start"), end: p("end"), status: p("status") }),
  );
  const insertRecall = db
    .insert(recall)
    .values({
      id: p("id"),
      status: "draft",
      organisation: p("organisation"),
      terms: p("terms"),
      codes: p("codes"),
      reach: p("reach"),
      createdAt: p("createdAt"),
    })
    .prepare();
  const recallById = db
    .select()
    .from(recall)
    .where(eq(recall.id, bound("id")))
    .prepare();
  const recallsBy = db
    .select()
    .from(recall)
    .where(eq(recall.status, bound("status")))
    .orderBy(asc(recall.createdAt))
    .prepare();
  const allRecalls = db.select().from(recall).orderBy(desc(recall.createdAt), desc(recall.id)).prepare();
  const confirmRecall = db
    .update(recall)
    .set({ status: "active", confirmedAt: sql`${p("at")}` })
    .where(eq(recall.id, bound("id")))
    .prepare();
  const liftRecall = db
    .update(recall)
    .set({ status: "lifted", liftedAt: sql`${p("at")}` })
    .where(eq(recall.id, bound("id")))
    .prepare();
  const insertRange = db
    .insert(recallRange)
    .values({ recall: p("recall"), start: p("start"), end: p("end") })
    .prepare();
  const rangesOf = db
    .select()
    .from(recallRange)
    .where(eq(recallRange.recall, bound("recall")))
    .orderBy(asc(recallRange.start))
    .prepare();
  const rangeAt = db
    .select({ end: recallRange.end })
    .from(recallRange)
    .where(and(eq(recallRange.recall, bound("recall")), sql`${recallRange.start} <= ${bound("key")}`))
    .orderBy(desc(recallRange.start))
    .limit(ONE)
    .prepare();
  const eventsBefore = db
    .select()
    .from(event)
    .where(and(eq(event.organisation, bound("organisation")), lt(event.index, bound("before"))))
    .orderBy(desc(event.index))
    .limit(boundLimit("limit"))
    .prepare();
  const allEventsBefore = db
    .select()
    .from(event)
    .where(lt(event.index, bound("before")))
    .orderBy(desc(event.index))
    .limit(boundLimit("limit"))
    .prepare();

  const statusListeners: ((from: number, to: number) => void)[] = [];
  const statements = {
    addLink: (row: LinkRow): void =>
      void insertLink.run({ ...row, part: PARTS.indexOf(row.part), move: MOVES.indexOf(row.move) }),
    /** A chain's links from place `from` on, in order. */
    links: (chainId: number, from = 0): LinkRow[] => linksOf.all({ chain: chainId, from }).map(toLink),
    /** The link at place `n` of a chain. */
    link: (chainId: number, n: number): LinkRow | undefined => {
      const row = linkAt.get({ chain: chainId, n });
      return row && toLink(row);
    },
    countLinks: (chainId: number): number => countLinks.get({ chain: chainId })?.n ?? 0,
    /** What custody knows of the records on a chain within a window, in the journey's order. */
    facts: (chainId: number, from: Moment, to: Moment | null): Fact[] =>
      factsIn.all({ chain: chainId, ...bounds(from, to) }).flatMap(toFact),
    emptied: (chainId: number, from: Moment): Fact | undefined => {
      const row = emptiedFrom.get({ chain: chainId, fromAt: atOf(from), fromIndex: from.index });
      return row ? toFact(row)[0] : undefined;
    },
    /** The last time before a moment that a unit was put into another. */
    entered: (chainId: number, before: Moment): Fact | undefined => {
      const row = enteredBefore.get({ chain: chainId, toAt: atOf(before), toIndex: before.index });
      return row ? toFact(row)[0] : undefined;
    },
    addEvent: (row: Omit<EventRow, "correctedBy">): void => void insertEvent.run(row),
    event: (index: number): EventRow | undefined => eventAt.get({ index }),
    eventByStatement: (organisation: string, statement: string): EventRow | undefined =>
      eventByStatement.get({ organisation, statement }),
    /** Notes that the effect of record `index` was taken away by record `by`. */
    correct: (index: number, by: number): void => void correct.run({ index, by }),
    /** Times from declared to released of releases that stand, milliseconds, ascending. */
    clearances: (): number[] =>
      clearances
        .all()
        .map(({ ms }) => ms)
        .sort((a, b) => a - b),
    setClearance: (index: number, ms: number): void => void setClearance.run({ index, ms }),
    nodeChain: (start: number, level: number): number | undefined => nodeAt.get({ start, level })?.chain,
    /** The chain of the node at a place. */
    chainAt: ({ start, level }: { start: number; level: number }): ChainHead | undefined =>
      chainAtNode.get({ start, level }),
    addNode: (start: number, level: number, chainId: number): void =>
      void insertNode.run({ start, level, chain: chainId }),
    /** Nodes with a chain that begin at item keys [from, to), narrowest first where they begin together. */
    nodesIn: (from: number, to: number): NodeRow[] => nodesIn.all({ from, to }),
    unit: (id: string): UnitRow | undefined => unitById.get({ id }),
    unitOfChain: (chainId: number): UnitRow | undefined => unitByChain.get({ chain: chainId }),
    addUnit: (row: Omit<UnitRow, "latestWithin">): void => void insertUnit.run({ ...row, salt: row.salt }),
    /** Notes that something that is or was in a unit was reported on for a time. */
    raiseLatestWithin: (chainId: number, at: number): void => void raiseLatest.run({ chain: chainId, at }),
    chainName: (id: number): string | undefined => chainOf.get({ id })?.of,
    /** The derived status of one code; undefined while nothing happened to it. */
    status: (key: number): string | undefined => {
      const row = stateAt.get({ key });
      return row && key < row.end ? row.status : undefined;
    },
    /** Intervals of derived status that touch item keys [from, to), in order, as they are stored. */
    states: (from: number, to: number): StateRow[] => {
      const found = statesIn.all({ from, to });
      const [first] = found;
      return first !== undefined && first.end <= from ? found.slice(1) : found;
    },
    /**
     * Sets the derived status of item keys [from, to), splitting and joining intervals as needed. Most events change
     * none: then nothing is written. `issued` is what is known of keys that nothing is stored of.
     */
    setStatus: (from: number, to: number, status: string): void => {
      const around = statements.states(Math.max(0, from - 1), to + 1);
      const first = around.find((row) => row.end > from && row.start < to);
      if (first === undefined && status === UNTOUCHED) return;
      if (first?.status === status && first.start <= from && first.end >= to) return;
      let start = from;
      let end = to;
      for (const row of around) {
        if (row.end < from || row.start > to) continue;
        const joins = row.status === status;
        if (!joins && (row.end === from || row.start === to)) continue;
        deleteState.run({ start: row.start });
        if (joins) {
          start = Math.min(start, row.start);
          end = Math.max(end, row.end);
          continue;
        }
        if (row.start < from) insertState.run({ start: row.start, end: from, status: row.status });
        if (row.end > to) insertState.run({ start: to, end: row.end, status: row.status });
      }
      insertState.run({ start, end, status });
      for (const changed of statusListeners) changed(from, to);
    },
    /** Tells of every change of status, when it is written: also of one whose transaction is then undone. */
    onStatus: (changed: (from: number, to: number) => void): void => void statusListeners.push(changed),
    addRecall: (
      row: Pick<RecallRow, "id" | "organisation" | "terms" | "codes" | "reach" | "createdAt">,
    ): void => void insertRecall.run(row),
    recall: (id: string): RecallRow | undefined => recallById.get({ id }),
    recalls: (status?: RecallRow["status"]): RecallRow[] =>
      status ? recallsBy.all({ status }) : allRecalls.all(),
    confirmRecall: (id: string, at: number): void => void confirmRecall.run({ id, at }),
    liftRecall: (id: string, at: number): void => void liftRecall.run({ id, at }),
    addRecallRange: (recallId: string, start: number, end: number): void =>
      void insertRange.run({ recall: recallId, start, end }),
    recallRanges: (recallId: string): { start: number; end: number }[] => rangesOf.all({ recall: recallId }),
    inRecall: (recallId: string, key: number): boolean => {
      const row = rangeAt.get({ recall: recallId, key });
      return row !== undefined && key < row.end;
    },
    /** Records newest first, of one organisation or of all. */
    eventsBefore: (before: number, limit: number, organisation?: string): EventRow[] =>
      organisation === undefined
        ? allEventsBefore.all({ before, limit })
        : eventsBefore.all({ before, limit, organisation }),
  };
  return statements;
}

export type CustodyStatements = ReturnType<typeof custodyStatements>;

interface FactRow {
  index: number;
  part: number;
  move: number;
  kind: string;
  at: number;
  organisation: string;
  unit: number | null;
  to: string | null;
  carrier: string | null;
  recall: string | null;
  correctedBy: number | null;
}

function toLink(row: typeof link.$inferSelect): LinkRow {
  return { ...row, part: partName(row.part), move: MOVES[row.move] ?? "none" };
}

function partName(part: number): PartName {
  return PARTS[part] ?? "subject";
}

/** Records of administration (filing, audits) share chains with custody in places, and are not custody's facts. */
function toFact(row: FactRow): Fact[] {
  if (!isKind(row.kind)) return [];
  const fact: Fact = {
    index: row.index,
    kind: row.kind,
    atMs: row.at,
    organisation: row.organisation,
    part: partName(row.part),
  };
  if (row.unit !== null) fact.unit = row.unit;
  if (row.move === MOVES.indexOf("emptied")) fact.empties = true;
  if (row.to !== null) fact.to = row.to;
  if (row.carrier !== null) fact.carrier = row.carrier;
  if (row.recall !== null) fact.recall = row.recall;
  if (row.correctedBy !== null) fact.correctedBy = row.correctedBy;
  return [fact];
}

function bounds(from: Moment, to: Moment | null) {
  return {
    fromAt: atOf(from),
    fromIndex: from.index,
    toAt: to === null ? DISTANT_MS : atOf(to),
    toIndex: to === null ? DISTANT_MS : to.index,
  };
}

function atOf(moment: Moment): number {
  return moment.atMs === Number.NEGATIVE_INFINITY ? -DISTANT_MS : moment.atMs;
}
