import { afterEach, describe, expect, it } from "vitest";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
import { issueBatch, recallPositions } from "./issue.ts";

let harness: Harness;
afterEach(() => harness.dispose());

async function verdictOf(code: string): Promise<{ verdict: string; recall?: { id: string; level: number } }> {
  return (await harness.call("GET", `/v1/scan/${code}`)).json;
}

describe("a recall", () => {
  it("shows at the next scan, and so does its lifting", async () => {
    harness = makeHarness();
    const batch = await issueBatch(harness.service);
    await batch.set(0, 20, "active");
    expect((await verdictOf(batch.code(5))).verdict).toBe("genuine");
    const id = await recallPositions(harness.service, batch, 5, 10, { level: 2, reason: "r", advice: "a" });
    harness.service.scan.recallsChanged();
    expect(await verdictOf(batch.code(5))).toMatchObject({
      verdict: "recalled",
      recall: { id, level: 2, reason: "r", advice: "a", since: new Date(START_MS).toISOString() },
    });
    expect((await verdictOf(batch.code(9))).verdict).toBe("recalled");
    expect((await verdictOf(batch.code(4))).verdict).toBe("genuine");
    expect((await verdictOf(batch.code(10))).verdict).toBe("genuine");
    await harness.service.writer.submit((tx) => tx.store.custody.recalls.liftRecall(id, tx.nowMs));
    harness.service.scan.recallsChanged();
    expect((await verdictOf(batch.code(5))).verdict).toBe("genuine");
  });

  it("shows the gravest if several overlap", async () => {
    harness = makeHarness();
    const batch = await issueBatch(harness.service);
    const mild = await recallPositions(harness.service, batch, 0, 100, { level: 3, reason: "label" });
    const grave = await recallPositions(harness.service, batch, 40, 60, { level: 1, reason: "harm" });
    const middle = await recallPositions(harness.service, batch, 50, 120, { level: 2, reason: "test" });
    harness.service.scan.recallsChanged();
    const expected: [number, string | undefined][] = [
      [0, mild],
      [39, mild],
      [40, grave],
      [59, grave],
      [60, middle],
      [119, middle],
      [120, undefined],
    ];
    for (const [position, id] of expected)
      expect((await verdictOf(batch.code(position))).recall?.id).toBe(id);
  });
});
