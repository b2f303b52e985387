import { expect, it } from "vitest";
import { expectSameAgain } from "./reported-at-random.ts";

it("custody derived again equals what is stored, over 20 random histories with losses of memory", async () => {
  const { accepted, corrected } = await expectSameAgain(20);
  expect(accepted).toBeGreaterThan(100);
  expect(corrected).toBeGreaterThan(5);
});
