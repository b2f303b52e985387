import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { chainContract } from "./chains.ts";
import { codeStateContract } from "./code-states.ts";
import { recordedContract } from "./recorded.ts";
import { kept, type Subject } from "./subject.ts";
import { undoContract } from "./undo.ts";
import { unitContract } from "./units.ts";

/** The part of the contract about everything that custody derives from records. */
export function custodyContract(t: Subject): void {
  describe("custody", () => {
    chainContract(t);
    unitContract(t);
    recordedContract(t);
    codeStateContract(t);
    recalls(t);
    undoContract(t);
  });
}

const recallsOf = ({ custody }: Store) => custody.recalls;

function recalls(t: Subject): void {
  it("stores recalls through their life, with their ranges", async () => {
    const draft = { organisation: "aut_1", terms: "{}", codes: 12, reach: "[]" };
    t.store.transact(() => {
      recallsOf(t.store).addRecall({ id: "rec_1", ...draft, createdAt: 1 });
      recallsOf(t.store).addRecall({ id: "rec_2", ...draft, createdAt: 2 });
      recallsOf(t.store).addRecallRange("rec_1", 40, 50);
      recallsOf(t.store).addRecallRange("rec_1", 20, 30);
      recallsOf(t.store).addRecallRange("rec_2", 60, 70);
    });
    const first = { id: "rec_1", status: "draft", ...draft, createdAt: 1, confirmedAt: null, liftedAt: null };
    expect(await kept(t, (store) => recallsOf(store).recall("rec_1"))).toEqual(first);
    t.store.transact(() => recallsOf(t.store).confirmRecall("rec_1", 5));
    expect(recallsOf(t.store).recalls("active")).toEqual([{ ...first, status: "active", confirmedAt: 5 }]);
    t.store.transact(() => recallsOf(t.store).liftRecall("rec_1", 6));
    const lifted = { ...first, status: "lifted", confirmedAt: 5, liftedAt: 6 };
    expect(await kept(t, (store) => recallsOf(store).recall("rec_1"))).toEqual(lifted);
    const found = recallsOf(t.store);
    expect(found.recalls().map(({ id }) => id)).toEqual(["rec_2", "rec_1"]);
    expect(found.recalls("active")).toEqual([]);
    expect(found.recallRanges("rec_1")).toEqual([
      { start: 20, end: 30 },
      { start: 40, end: 50 },
    ]);
    expect(found.recall("rec_3")).toBeUndefined();
  });
}
