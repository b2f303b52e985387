import type { scanBlock, scanPage, scanTotals } from "./schema.ts";
import type { Prepare } from "./statement.ts";

export type ScanBlockRow = typeof scanBlock.$inferSelect;
export type ScanPageRow = typeof scanPage.$inferSelect;
export type ScanTotalsRow = typeof scanTotals.$inferSelect;

/** The most blocks dropped for their age in one call: faster than new ones come, and never a long wait. */
const DROPPED_AT_ONCE = 64;

/** The scan log and the tallies derived from it: a page for each range of codes, and one row of totals. */
export function scanStatements(prepare: Prepare) {
  return { ...blockStatements(prepare), ...pageStatements(prepare), ...totalsStatements(prepare) };
}

export type ScanStatements = ReturnType<typeof scanStatements>;

const ADD_BLOCK = `
  INSERT INTO scan_block (sequence, at, sightings, scans) VALUES (:sequence, :at, :sightings, :scans)`;
const BLOCKS_AFTER = `SELECT * FROM scan_block WHERE sequence > :after ORDER BY sequence LIMIT :limit`;
const DROP_WITHOUT_SIGHTINGS = `
  DELETE FROM scan_block WHERE sequence > :after AND sequence <= :upTo AND sightings = 0`;
const FIRST_BLOCK = `SELECT min(sequence) AS sequence FROM scan_block`;
const DROP_AGED = `DELETE FROM scan_block WHERE sequence <= :upTo AND sequence <= :near AND at < :before`;

function blockStatements(prepare: Prepare) {
  const add = prepare<ScanBlockRow>(ADD_BLOCK);
  const blocksAfter = prepare<{ after: number; limit: number }, ScanBlockRow>(BLOCKS_AFTER);
  const dropWithoutSightings = prepare<{ after: number; upTo: number }>(DROP_WITHOUT_SIGHTINGS);
  const firstBlock = prepare<void, { sequence: number | null }>(FIRST_BLOCK);
  const dropAged = prepare<{ upTo: number; near: number; before: number }>(DROP_AGED);
  return {
    addBlock: (block: ScanBlockRow): void => add.run(block),
    blocksAfter: (after: number, limit: number): ScanBlockRow[] => blocksAfter.all({ after, limit }),
    /** Drops the blocks with after < sequence <= upTo that hold no sightings. */
    dropWithoutSightings: (after: number, upTo: number): void => dropWithoutSightings.run({ after, upTo }),
    /** Drops some of the first blocks, up to sequence `upTo`, that are older than a time, in seconds. */
    dropAged: (upTo: number, beforeSeconds: number): void => {
      const first = firstBlock.get()?.sequence ?? null;
      if (first === null || first > upTo) return;
      dropAged.run({ upTo, near: first + DROPPED_AT_ONCE, before: beforeSeconds });
    },
  };
}

const PAGE = `SELECT * FROM scan_page WHERE number = :number`;
const ADD_PAGE = `INSERT INTO scan_page (number, through, slots, hot) VALUES (:number, :through, :slots, :hot)`;
const SET_PAGE = `UPDATE scan_page SET through = :through, slots = :slots, hot = :hot WHERE number = :number`;

function pageStatements(prepare: Prepare) {
  const get = prepare<{ number: number }, ScanPageRow>(PAGE);
  const add = prepare<ScanPageRow>(ADD_PAGE);
  const set = prepare<ScanPageRow>(SET_PAGE);
  return {
    page: (number: number): ScanPageRow | undefined => get.get({ number }),
    /** Writes a page; `known` is true when it has a row already. An upsert would cost twice as much. */
    putPage: (page: ScanPageRow, known: boolean): void => (known ? set : add).run(page),
  };
}

const TOTALS = `SELECT * FROM scan_totals WHERE id = 1`;
const PUT_TOTALS = `
  INSERT INTO scan_totals (id, through, tail, totals) VALUES (1, :through, :tail, :totals)
  ON CONFLICT (id) DO UPDATE SET through = excluded.through, tail = excluded.tail, totals = excluded.totals`;

function totalsStatements(prepare: Prepare) {
  const get = prepare<void, ScanTotalsRow>(TOTALS);
  const put = prepare<Omit<ScanTotalsRow, "id">>(PUT_TOTALS);
  return {
    totals: (): ScanTotalsRow | undefined => get.get(),
    putTotals: (row: Omit<ScanTotalsRow, "id">): void => put.run(row),
  };
}
