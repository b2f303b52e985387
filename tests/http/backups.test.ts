import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, authority, enterprise, expectStatus } from "./actors.ts";

let h: Harness;
let officer: Actor;
beforeAll(async () => {
  h = makeHarness();
  officer = await authority(h);
});
afterAll(() => h.dispose());

it("the operator can have the database copied on the service's machine", async () => {
  const made = expectStatus(await h.call("POST", "/v1/backups", { key: h.operatorKey }), 201);
  expect(dirname(made.file)).toBe(join(h.folder, "backups"));
  expect(statSync(made.file).size).toBe(made.sizeBytes);
  expect(statSync(made.file).mode & 0o777).toBe(0o600);
  const again = expectStatus(await h.call("POST", "/v1/backups", { key: h.operatorKey }), 201);
  expect(again.file).not.toBe(made.file);
});

it("no other role can", async () => {
  const before = readdirSync(join(h.folder, "backups"));
  const owner = await enterprise(h, officer);
  for (const key of [officer.key, owner.key]) expectStatus(await h.call("POST", "/v1/backups", { key }), 403);
  expectStatus(await h.call("POST", "/v1/backups"), 401);
  expect(readdirSync(join(h.folder, "backups"))).toEqual(before);
});
