import { afterAll, beforeAll, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";

let h: Harness;
beforeAll(() => void (h = makeHarness()));
afterAll(() => h.dispose());

// One address that it cannot take, and Hono searches all of them the slow way: a twentieth of a call that writes.
it("routing uses Hono's fastest router for every address", async () => {
  await h.app.request("/");
  expect(h.app.router.name).toBe("SmartRouter + RegExpRouter");
});
