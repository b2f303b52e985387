import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Statuses } from "../../src/scan/statuses.ts";
import { PAGE_KEYS } from "../../src/scan/tally-page.ts";
import { openSqlite, type SqliteBinding } from "../../src/node/data/sqlite.ts";
import { openStore, type Store } from "../../src/store/store.ts";

let folder: string;
let binding: SqliteBinding;
let store: Store;
let from = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-statuses-"));
  binding = openSqlite(folder);
  store = openStore(binding);
});
afterAll(() => {
  binding.close();
  rmSync(folder, { recursive: true, force: true });
});

it("statuses equal the store's at the next question after any change, rolled back or not", () => {
  const SPAN = 3 * PAGE_KEYS;
  const place = fc.oneof(
    fc.nat(40).map((n) => PAGE_KEYS - 20 + n),
    fc.nat(40),
    fc.nat(SPAN - 1),
  );
  const change = fc.record({
    at: place,
    count: fc.oneof(fc.constant(1), fc.nat(60), fc.nat(SPAN)),
    status: fc.constantFrom("active", "sold", "void", "applied", "issued"),
    undone: fc.boolean(),
    /** Rows of custody that are written behind afterwards. */
    written: fc.oneof(fc.constant(0), fc.nat(3)),
    asked: fc.array(place, { maxLength: 12 }),
  });
  const statuses = new Statuses(store);
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      // Separate codes for each run.
      from += SPAN;
      for (const { at, count, status, undone, written, asked } of changes) {
        const end = Math.min(at + 1 + count, SPAN);
        const work = (): void => {
          store.custody.states.setStatus(from + at, from + end, status);
          if (undone) throw new Error("undone");
        };
        if (undone) expect(() => store.transact(work)).toThrow("undone");
        else store.transact(work);
        let left = written;
        if (written > 0) store.writeBehind(() => left-- > 0);
        for (const offset of [at, end - 1, end, ...asked]) {
          if (offset >= SPAN) continue;
          expect(statuses.of(from + offset)).toBe(store.custody.states.status(from + offset));
        }
      }
    }),
    { numRuns: 80 },
  );
});
