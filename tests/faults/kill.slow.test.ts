import { expect, it } from "vitest";
import { killRounds } from "./kill.ts";

const ROUNDS = 4;

it("a service killed while it writes starts again with everything that it acknowledged", async () => {
  const seed = Date.now() % 2 ** 31;
  const lines = [`seed ${seed}`];
  const counts = await killRounds(ROUNDS, seed, (line) => lines.push(line));
  const { acknowledged } = counts;
  expect(counts, lines.join("\n")).toMatchObject({
    rounds: ROUNDS,
    underWrites: ROUNDS,
    found: acknowledged,
    lost: 0,
    doubled: 0,
    changed: 0,
    continued: ROUNDS,
    forked: 0,
    auditsOk: ROUNDS,
    auditsFailed: 0,
    codesMissing: 0,
    rebuiltOther: 0,
  });
  for (const [kind, work] of Object.entries(counts.works)) expect(work.found, kind).toBe(work.acknowledged);
  expect(counts.scans.counted).toBeLessThanOrEqual(counts.scans.sent);
  expect(counts.rebuiltSame).toBeGreaterThan(1);
  expect(counts.cosigned).toBeGreaterThan(0);
  expect(acknowledged, lines.join("\n")).toBeGreaterThan(0);
});
