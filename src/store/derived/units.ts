import type { ChainHead } from "../log.ts";
import type { node, unit } from "../schema.ts";
import type { Prepare } from "../statement.ts";

export type UnitRow = typeof unit.$inferSelect;
export type NodeRow = typeof node.$inferSelect;

/** The goods that have chains: nodes of batches, by position, and logistic units, by number. */
export function unitStatements(prepare: Prepare) {
  return { ...nodeStatements(prepare), ...logisticUnitStatements(prepare) };
}

interface NodePosition {
  start: number;
  level: number;
}

const ADD_NODE = `INSERT INTO node (start, level, chain) VALUES (:start, :level, :chain)`;
const NODE_CHAIN = `SELECT chain FROM node WHERE start = :start AND level = :level`;
const CHAIN_AT_NODE = `
  SELECT c.id, c."of", c.length, c.head FROM node AS n JOIN chain AS c ON c.id = n.chain
  WHERE n.start = :start AND n.level = :level`;
const NODES_WITHIN = `SELECT * FROM node WHERE start >= :from AND start < :to ORDER BY start, level`;

function nodeStatements(prepare: Prepare) {
  const add = prepare<NodeRow>(ADD_NODE);
  const chainNumber = prepare<NodePosition, { chain: number }>(NODE_CHAIN);
  const chain = prepare<NodePosition, ChainHead>(CHAIN_AT_NODE);
  const within = prepare<{ from: number; to: number }, NodeRow>(NODES_WITHIN);
  return {
    addNode: (start: number, level: number, chainId: number): void =>
      add.run({ start, level, chain: chainId }),
    /** The id of the chain of the node at a position; undefined when it has none. */
    nodeChain: (start: number, level: number): number | undefined => chainNumber.get({ start, level })?.chain,
    /** The chain of the node at a position. */
    chainAt: ({ start, level }: NodePosition): ChainHead | undefined => chain.get({ start, level }),
    /** Nodes with a chain that start at item keys [from, to), narrowest first among those with the same start. */
    nodesIn: (from: number, to: number): NodeRow[] => within.all({ from, to }),
  };
}

const ADD_UNIT = `INSERT INTO unit (chain, id, salt) VALUES (:chain, :id, :salt)`;
const UNIT = `SELECT * FROM unit WHERE id = :id`;
const UNIT_OF_CHAIN = `SELECT * FROM unit WHERE chain = :chain`;
const RAISE_LATEST = `UPDATE unit SET latestWithin = :at WHERE chain = :chain AND latestWithin < :at`;
const CHAIN_NAME = `SELECT "of" FROM chain WHERE id = :id`;

function logisticUnitStatements(prepare: Prepare) {
  const add = prepare<Omit<UnitRow, "latestWithin">>(ADD_UNIT);
  const byId = prepare<{ id: string }, UnitRow>(UNIT);
  const byChain = prepare<{ chain: number }, UnitRow>(UNIT_OF_CHAIN);
  const raiseLatest = prepare<{ chain: number; at: number }>(RAISE_LATEST);
  const chainName = prepare<{ id: number }, { of: string }>(CHAIN_NAME);
  return {
    addUnit: (row: Omit<UnitRow, "latestWithin">): void => add.run(row),
    unit: (id: string): UnitRow | undefined => byId.get({ id }),
    unitOfChain: (chain: number): UnitRow | undefined => byChain.get({ chain }),
    /** Notes an event at a time for something that is or was in a unit. */
    raiseLatestWithin: (chain: number, at: number): void => raiseLatest.run({ chain, at }),
    /** The name of any chain, without its head. */
    chainName: (id: number): string | undefined => chainName.get({ id })?.of,
  };
}
