import { afterEach, expect, it, vi } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";

let h: Harness;
afterEach(() => h.dispose());

it("is not ready once stored data is known to be damaged, and leaves the place to the operator", async () => {
  h = makeHarness();
  const reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
  h.service.integrity.damaged("record 42", "its bytes differ");
  expect(reported.mock.calls.flat().join()).toContain("record 42");
  reported.mockRestore();
  const answer = await h.call("GET", "/readyz");
  expect(answer.status).toBe(503);
  expect(answer.json.checks.integrity.ok).toBe(false);
  expect(answer.text).not.toContain("42");
});
