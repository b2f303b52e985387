import { expect, it } from "vitest";
import { expectSoundHistories } from "./reported-at-random.ts";

it("derived state equals a replay, and no accepted report leaves a contradiction, over 100 random histories", async () => {
  const { accepted, corrected } = await expectSoundHistories(100);
  // The property shows something only if much was accepted and some of it corrected.
  expect(accepted).toBeGreaterThan(500);
  expect(corrected).toBeGreaterThan(25);
});
