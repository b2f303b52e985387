import { afterEach, expect, it, vi } from "vitest";
import { ReadinessProbe } from "../../src/http/health.ts";
import { readinessChecks } from "../../src/services/ledger/readiness.ts";
import { type Harness, makeHarness } from "../harness.ts";

const DAY_MS = 86_400_000;

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

it("is not ready while its clock is refused, and is again once the clock is right", async () => {
  h = makeHarness();
  const reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
  h.clock.monotonicMs ??= h.clock.nowMs;
  const ready = async () => new ReadinessProbe(readinessChecks(h.service), () => h.clock.nowMs).read();
  expect(await ready()).toMatchObject({ ready: true, checks: { clock: { ok: true } } });
  h.clock.nowMs += 365 * DAY_MS;
  const { ready: isReady, checks } = await ready();
  expect(isReady).toBe(false);
  expect(checks.clock).toEqual({
    ok: false,
    problem: expect.stringMatching(/^records are refused: the clock says .* 365 days ahead/) as string,
  });
  expect(Object.values(checks).filter(({ ok }) => !ok)).toHaveLength(1);
  h.clock.nowMs -= 365 * DAY_MS;
  expect((await ready()).ready).toBe(true);
  reported.mockRestore();
});
