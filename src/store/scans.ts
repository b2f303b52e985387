import { and, asc, eq, gt, lte, min, sql } from "drizzle-orm";
import type { Database } from "./binding.ts";
import { bound, boundLimit, p } from "./bound.ts";
import { scanBlock, scanPage, scanTotals } from "./schema.ts";

export type ScanBlockRow = typeof scanBlock.$inferSelect;
export type ScanPageRow = typeof scanPage.$inferSelect;
export type ScanTotalsRow = typeof scanTotals.$inferSelect;

/** Blocks are dropped for their age this many at a time: faster than they come, and never a long wait. */
const DROPPED_AT_ONCE = 64;

/** The scan log, and what it adds up to: pages of codes' tallies, and one row of totals. */
export function scanStatements(db: Database) {
  const blockAdd = db
    .insert(scanBlock)
    .values({ sequence: p("sequence"), at: p("at"), sightings: p("sightings"), scans: p("scans") })
    .prepare();
  const blocksAfter = db
    .select()
    .from(scanBlock)
    .where(gt(scanBlock.sequence, bound("after")))
    .orderBy(asc(scanBlock.sequence))
    .limit(boundLimit("limit"))
    .prepare();
  const withoutSightings = db
    .delete(scanBlock)
    .where(
      and(
        gt(scanBlock.sequence, bound("after")),
        lte(scanBlock.sequence, bound("upTo")),
        sql`${scanBlock.sightings} = 0`,
      ),
    )
    .prepare();
  const firstBlock = db
    .select({ sequence: min(scanBlock.sequence) })
    .from(scanBlock)
    .prepare();
  const aged = db
    .delete(scanBlock)
    .where(
      and(
        lte(scanBlock.sequence, bound("upTo")),
        lte(scanBlock.sequence, bound("near")),
        sql`${scanBlock.at} < ${bound("before")}`,
      ),
    )
    .prepare();
  const pageGet = db
    .select()
    .from(scanPage)
    .where(eq(scanPage.number, bound("number")))
    .prepare();
  const pageAdd = db
    .insert(scanPage)
    .values({ number: p("number"), through: p("through"), slots: p("slots"), hot: p("hot") })
    .prepare();
  const pageSet = db
    .update(scanPage)
    .set({
      through: sql`${p("through")}`,
      slots: sql`${p("slots")}`,
      hot: sql`${p("hot")}`,
    })
    .where(eq(scanPage.number, bound("number")))
    .prepare();
  const totalsGet = db.select().from(scanTotals).where(eq(scanTotals.id, 1)).prepare();
  const totalsPut = db
    .insert(scanTotals)
    .values({ id: 1, through: p("through"), tail: p("tail"), totals: p("totals") })
    .onConflictDoUpdate({
      target: scanTotals.id,
      set: { through: sql`excluded.through`, tail: sql`excluded.tail`, totals: sql`excluded.totals` },
    })
    .prepare();

  return {
    addBlock: (block: Omit<ScanBlockRow, "scans"> & { scans: Uint8Array }): void =>
      void blockAdd.run({ ...block, scans: block.scans }),
    blocksAfter: (after: number, limit: number): ScanBlockRow[] => blocksAfter.all({ after, limit }),
    /** Drops the blocks of a stretch of the log (after < sequence <= upTo) that hold no sightings. */
    dropWithoutSightings: (after: number, upTo: number): void => void withoutSightings.run({ after, upTo }),
    /** Drops some of the first blocks, as far as `upTo`, that are older than a time, in seconds. */
    dropAged: (upTo: number, beforeSeconds: number): void => {
      const first = firstBlock.get()?.sequence ?? null;
      if (first === null || first > upTo) return;
      aged.run({ upTo, near: first + DROPPED_AT_ONCE, before: beforeSeconds });
    },
    page: (number: number): ScanPageRow | undefined => pageGet.get({ number }),
    /** `known` tells whether the page has a row already: an upsert would cost twice as much. */
    putPage: (
      page: { number: number; through: number; slots: Uint8Array; hot: Uint8Array | null },
      known: boolean,
    ): void => void (known ? pageSet : pageAdd).run(page),
    totals: (): ScanTotalsRow | undefined => totalsGet.get(),
    putTotals: (row: Omit<ScanTotalsRow, "id">): void => void totalsPut.run(row),
  };
}

export type ScanStatements = ReturnType<typeof scanStatements>;
