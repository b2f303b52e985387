import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StoreRefused } from "../../src/store/binding.ts";
import { makeHarness } from "../harness.ts";

const OURS = "https://trace.example.org/vocabulary/";
let data: string;
beforeEach(() => void (data = mkdtempSync(join(tmpdir(), "suyuan-vocabulary-"))));
afterEach(() => rmSync(data, { recursive: true }));

it("is fixed at the first start, and another one is refused", async () => {
  const first = makeHarness({}, data);
  expect(first.service.settings.vocabulary).toBe(OURS);
  await first.close();
  const moved = makeHarness({ SUYUAN_HOST: "other.example.org" }, data);
  expect(moved.service.settings.vocabulary).toBe(OURS);
  await moved.close();
  const other = { SUYUAN_VOCABULARY: "https://other.example.org/v/" };
  expect(() => makeHarness(other, data)).toThrow(StoreRefused);
});

it("refuses a host with a hyphen before a first start makes anything", async () => {
  const host = { SUYUAN_HOST: "my-trace.example.org" };
  expect(() => makeHarness(host, data)).toThrow(/SUYUAN_VOCABULARY/);
  const set = makeHarness({ ...host, SUYUAN_VOCABULARY: OURS }, data);
  expect(set.firstStart?.operatorKey).toMatch(/^sy_/);
  await set.close();
});

it("is chosen by a store of the version before, which continues in any case", async () => {
  const first = makeHarness({}, data);
  first.service.store.transact(() => first.service.store.service.setMeta("vocabulary", ""));
  await first.close();
  const warned = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const hyphen = makeHarness({ SUYUAN_HOST: "my-trace.example.org" }, data);
  expect(hyphen.service.settings.vocabulary).toBe("https://suyuan.example/vocabulary/");
  expect(warned.mock.calls.flat().join()).toContain("SUYUAN_VOCABULARY");
  await hyphen.close();
  warned.mockRestore();
  const chosen = makeHarness({}, data);
  expect(chosen.service.settings.vocabulary).toBe(OURS);
  await chosen.close();
});
