import { expect, it } from "vitest";
import { measureShapes } from "./measure.ts";

it("a shape is run while another process scans, and what that one waited is measured", async () => {
  const told: string[] = [];
  const [measured] = await measureShapes(["large-code"], ({ shape }) => told.push(shape));
  expect(told).toEqual(["large-code"]);
  expect(measured).toMatchObject({
    shape: "large-code",
    answer: expect.stringMatching(/^\d{3}, /) as string,
  });
  for (const waits of [measured!.without, measured!.with]) {
    expect(waits).toMatchObject({ failed: 0 });
    expect(waits.scans).toBeGreaterThan(50);
    expect(waits.p50Ms).toBeLessThanOrEqual(waits.p99Ms);
    expect(waits.p99Ms).toBeLessThanOrEqual(waits.maxMs);
  }
});

it("an unknown shape is refused with the names of all", async () => {
  await expect(measureShapes(["nothing"], () => undefined)).rejects.toThrow(
    /no shape is called nothing; .*large-code/,
  );
});
