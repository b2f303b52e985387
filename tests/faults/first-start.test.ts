import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DataFolder } from "../../src/node/data/folder.ts";
import { temporaryFolder } from "../cli/process.ts";
import { makeHarness } from "../harness.ts";

let data: string;
beforeEach(() => {
  data = temporaryFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(data, { recursive: true, force: true });
});

const STEPS = ["startFirst", "addLogKey", "addEpochSecret", "addOperatorKey", "firstStarted"] as const;

it.each(STEPS)("a first start that stopped after %s is completed by the next", async (step) => {
  const whole = DataFolder.prototype[step] as (...given: unknown[]) => void;
  vi.spyOn(DataFolder.prototype, step).mockImplementationOnce(function (
    this: DataFolder,
    ...given: unknown[]
  ) {
    whole.apply(this, given);
    throw new Error("cut off");
  });
  expect(() => makeHarness({}, data)).toThrow("cut off");
  const h = makeHarness({}, data);
  const key = readFileSync(join(data, "keys", "operator.key"), "utf8").trim();
  expect((await h.call("GET", "/v1/keys", { key })).status).toBe(200);
  await h.dispose();
  const again = makeHarness({}, data);
  expect((await again.call("GET", "/v1/keys", { key })).status).toBe(200);
  expect(again.firstStart).toBeUndefined();
  await again.dispose();
});
