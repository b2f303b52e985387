import type { Fact, Moment } from "../../core/custody/fact.ts";
import { isKind } from "../../core/custody/vocabulary.ts";
import type { event, link } from "../schema.ts";
import type { Prepare } from "../statement.ts";

/** The parts that a chain's goods or unit take in a record; the `part` column holds the index. */
export const PARTS = ["subject", "parent", "input", "output"] as const;
export type PartName = (typeof PARTS)[number];

/** The change that a record makes to the place of a chain's goods or unit; the `move` column holds the index. */
export const MOVES = ["none", "entered", "emptied"] as const;
export type MoveName = (typeof MOVES)[number];

const ENTERED = MOVES.indexOf("entered");
const EMPTIED = MOVES.indexOf("emptied");
/** Later than every event, milliseconds and log index alike; negated, earlier than every event. */
const DISTANT = Number.MAX_SAFE_INTEGER;

/** The n-th record of a chain, and the part that the chain's goods or unit take in it. */
export interface LinkRow {
  chain: number;
  n: number;
  index: number;
  at: number;
  part: PartName;
  move: MoveName;
}

export type EventRow = typeof event.$inferSelect;
type StoredLink = typeof link.$inferSelect;

/** Links of chains, the fields of each record that custody needs, and clearance times. */
export function eventStatements(prepare: Prepare) {
  return {
    ...linkStatements(prepare),
    ...factStatements(prepare),
    ...recordedStatements(prepare),
    ...clearanceStatements(prepare),
  };
}

const ADD_LINK = `
  INSERT INTO link (chain, n, "index", at, part, move) VALUES (:chain, :n, :index, :at, :part, :move)`;
const LINKS = `
  SELECT chain, n, "index", at, part, move FROM link WHERE chain = :chain AND n >= :from ORDER BY n`;
const LINK = `SELECT chain, n, "index", at, part, move FROM link WHERE chain = :chain AND n = :n`;
const COUNT_LINKS = `SELECT count(*) AS links FROM link WHERE chain = :chain`;

function linkStatements(prepare: Prepare) {
  const add = prepare<StoredLink>(ADD_LINK);
  const from = prepare<{ chain: number; from: number }, StoredLink>(LINKS);
  const at = prepare<{ chain: number; n: number }, StoredLink>(LINK);
  const count = prepare<{ chain: number }, { links: number }>(COUNT_LINKS);
  return {
    addLink: (row: LinkRow): void =>
      add.run({ ...row, part: PARTS.indexOf(row.part), move: MOVES.indexOf(row.move) }),
    /** A chain's links from place `first` on, in order. */
    links: (chain: number, first = 0): LinkRow[] => from.all({ chain, from: first }).map(toLink),
    /** The link at place `n` of a chain. */
    link: (chain: number, n: number): LinkRow | undefined => {
      const row = at.get({ chain, n });
      return row && toLink(row);
    },
    countLinks: (chain: number): number => count.get({ chain })?.links ?? 0,
  };
}

const FACTS = `
  SELECT l."index", l.part, l.move, e.kind, e.at, e.organisation, e.unit, e."to", e.carrier, e.recall, e.correctedBy
  FROM link AS l JOIN event AS e ON e."index" = l."index"`;
// Comparing (at, index) as a row lets the index (chain, at, index) bound the window on both sides.
const FACTS_BETWEEN = `${FACTS}
  WHERE l.chain = :chain AND (l.at, l."index") >= (:fromAt, :fromIndex) AND (l.at, l."index") < (:toAt, :toIndex)
  ORDER BY l.at, l."index"`;
// The kind of move is a constant, so that the plan does not depend on it.
const FIRST_EMPTIED = `${FACTS}
  WHERE l.chain = :chain AND l.move = ${EMPTIED} AND e.correctedBy IS NULL
    AND (l.at, l."index") >= (:fromAt, :fromIndex)
  ORDER BY l.at, l."index" LIMIT 1`;
const LAST_ENTERED = `${FACTS}
  WHERE l.chain = :chain AND l.move = ${ENTERED} AND e.correctedBy IS NULL
    AND (l.at, l."index") < (:toAt, :toIndex)
  ORDER BY l.at DESC, l."index" DESC LIMIT 1`;

interface From {
  fromAt: number;
  fromIndex: number;
}

interface To {
  toAt: number;
  toIndex: number;
}

type FactRow = Pick<StoredLink, "part" | "move"> & Omit<EventRow, "statement" | "corrects">;

function factStatements(prepare: Prepare) {
  const between = prepare<{ chain: number } & From & To, FactRow>(FACTS_BETWEEN);
  const firstEmptied = prepare<{ chain: number } & From, FactRow>(FIRST_EMPTIED);
  const lastEntered = prepare<{ chain: number } & To, FactRow>(LAST_ENTERED);
  return {
    /** The facts of a chain's records from one moment until before another, in the order of the journey. */
    facts: (chain: number, from: Moment, to: Moment | null): Fact[] =>
      between
        .all({
          chain,
          fromAt: atOf(from),
          fromIndex: from.index,
          toAt: to === null ? DISTANT : atOf(to),
          toIndex: to === null ? DISTANT : to.index,
        })
        .flatMap(toFact),
    /** The first emptying of a unit at or after a moment that was not corrected. */
    emptied: (chain: number, from: Moment): Fact | undefined => {
      const row = firstEmptied.get({ chain, fromAt: atOf(from), fromIndex: from.index });
      return row && toFact(row)[0];
    },
    /** The last entry of a unit into another one before a moment that was not corrected. */
    entered: (chain: number, before: Moment): Fact | undefined => {
      const row = lastEntered.get({ chain, toAt: atOf(before), toIndex: before.index });
      return row && toFact(row)[0];
    },
  };
}

const ADD_EVENT = `
  INSERT INTO event ("index", kind, at, organisation, statement, unit, "to", carrier, recall, corrects)
  VALUES (:index, :kind, :at, :organisation, :statement, :unit, :to, :carrier, :recall, :corrects)`;
const EVENT = `SELECT * FROM event WHERE "index" = :index`;
const EVENT_BY_STATEMENT = `SELECT * FROM event WHERE organisation = :organisation AND statement = :statement`;
const CORRECT = `UPDATE event SET correctedBy = :by WHERE "index" = :index`;
const EVENTS_BEFORE = `SELECT * FROM event WHERE "index" < :before ORDER BY "index" DESC LIMIT :limit`;
const EVENTS_OF_BEFORE = `
  SELECT * FROM event WHERE organisation = :organisation AND "index" < :before
  ORDER BY "index" DESC LIMIT :limit`;

function recordedStatements(prepare: Prepare) {
  const add = prepare<Omit<EventRow, "correctedBy">>(ADD_EVENT);
  const at = prepare<{ index: number }, EventRow>(EVENT);
  const byStatement = prepare<{ organisation: string; statement: string }, EventRow>(EVENT_BY_STATEMENT);
  const correct = prepare<{ index: number; by: number }>(CORRECT);
  const before = prepare<{ before: number; limit: number }, EventRow>(EVENTS_BEFORE);
  const beforeOf = prepare<{ before: number; limit: number; organisation: string }, EventRow>(
    EVENTS_OF_BEFORE,
  );
  return {
    addEvent: (row: Omit<EventRow, "correctedBy">): void => add.run(row),
    event: (index: number): EventRow | undefined => at.get({ index }),
    eventByStatement: (organisation: string, statement: string): EventRow | undefined =>
      byStatement.get({ organisation, statement }),
    /** Notes that record `by` cancels the effect of record `index`. */
    correct: (index: number, by: number): void => correct.run({ index, by }),
    /** Events with an index below `end`, newest first, of one organisation or of all. */
    eventsBefore: (end: number, limit: number, organisation?: string): EventRow[] =>
      organisation === undefined
        ? before.all({ before: end, limit })
        : beforeOf.all({ before: end, limit, organisation }),
  };
}

const SET_CLEARANCE = `INSERT INTO clearance ("index", ms) VALUES (:index, :ms)`;
const CLEARANCES = `
  SELECT c.ms FROM clearance AS c JOIN event AS e ON e."index" = c."index" WHERE e.correctedBy IS NULL`;

function clearanceStatements(prepare: Prepare) {
  const set = prepare<{ index: number; ms: number }>(SET_CLEARANCE);
  const all = prepare<void, { ms: number }>(CLEARANCES);
  return {
    /** Times from declaration to release, of releases that were not corrected, milliseconds, ascending. */
    clearances: (): number[] =>
      all
        .all()
        .map(({ ms }) => ms)
        .sort((a, b) => a - b),
    setClearance: (index: number, ms: number): void => set.run({ index, ms }),
  };
}

function toLink(row: StoredLink): LinkRow {
  return { ...row, part: partName(row.part), move: MOVES[row.move] ?? "none" };
}

function partName(part: number): PartName {
  return PARTS[part] ?? "subject";
}

/** A fact of custody; none for a record of administration (filing, audits), which may share a chain with custody. */
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
  if (row.move === EMPTIED) fact.empties = true;
  if (row.to !== null) fact.to = row.to;
  if (row.carrier !== null) fact.carrier = row.carrier;
  if (row.recall !== null) fact.recall = row.recall;
  if (row.correctedBy !== null) fact.correctedBy = row.correctedBy;
  return [fact];
}

/** A moment's time as an integer, which SQLite compares: the beginning of time is minus infinity. */
function atOf(moment: Moment): number {
  return moment.atMs === Number.NEGATIVE_INFINITY ? -DISTANT : moment.atMs;
}
