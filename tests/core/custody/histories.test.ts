import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { EventInput } from "../../../src/services/custody/event.ts";
import { closeBatch } from "../../../src/services/codes/close-batch.ts";
import { confirmRecall, draftRecall } from "../../../src/services/custody/recall.ts";
import type { SubjectInput } from "../../../src/services/custody/subjects.ts";
import { followCode, traceCode } from "../../../src/services/custody/trace.ts";
import { Problem } from "../../../src/services/problem.ts";
import type { Service } from "../../../src/services/service.ts";
import type { Caller } from "../../../src/services/caller.ts";
import { type Harness, makeHarness, START_MS } from "../../harness.ts";
import { addOrganisation, issueBatch, report } from "../../world.ts";

interface History {
  about: string;
  actors: Record<string, "enterprise" | "authority" | "assessor">;
  batches: Record<string, { owner: string; count: number }>;
  calls: { by: string; events?: EventInput[]; recall?: { subjects: SubjectInput[] }; close?: string }[];
  refused?: { call: number; rule: string };
  then?: Expected[];
}

interface Expected {
  code: { batch: string; position: number };
  status?: string;
  holder?: string;
  held?: boolean;
  unit?: string | null;
  steps?: string[];
  findings?: string[];
}

const ROOT = resolve(import.meta.dirname, "../../../fixtures/chains");
const PREFIX = { enterprise: "ent", authority: "aut", assessor: "lab" };

let harness: Harness | undefined;
afterEach(() => harness?.dispose());

describe.each(["valid", "invalid"])("%s histories", (kind) => {
  const names = readdirSync(resolve(ROOT, kind)).map((file) => file.replace(/\.json$/, ""));

  it.each(names)("%s", async (name) => {
    const history = JSON.parse(readFileSync(resolve(ROOT, kind, `${name}.json`), "utf8")) as History;
    expect(history.refused === undefined).toBe(kind === "valid");
    harness = makeHarness();
    // Every code is ordered before its history starts.
    harness.clock.nowMs = Date.parse("2026-02-01T00:00:00Z");
    const world = await build(harness.service, history);
    harness.clock.nowMs = START_MS;
    for (const [i, call] of history.calls.entries()) {
      if (history.refused?.call !== i) await make(harness.service, world, call);
      else await expectRefused(harness.service, world, call, history.refused.rule);
    }
    for (const expected of history.then ?? []) check(harness.service, world, expected);
  });
});

interface World {
  actors: Record<string, Caller>;
}

async function build(service: Service, history: History): Promise<World> {
  const actors: Record<string, Caller> = {};
  for (const [name, role] of Object.entries(history.actors))
    actors[name] = await addOrganisation(service, `${PREFIX[role]}_${name}`, name);
  for (const [name, { owner, count }] of Object.entries(history.batches))
    await issueBatch(service, actors[owner]!, name, count);
  return { actors };
}

async function make(service: Service, world: World, call: History["calls"][number]): Promise<void> {
  const caller = world.actors[call.by]!;
  if (call.recall) {
    const draft = await draftRecall(service, caller, { scope: call.recall, reason: "a test", level: 2 });
    await confirmRecall(service, caller, draft.id, draft.reach.codes);
    return;
  }
  if (call.close !== undefined) {
    await closeBatch(service, caller, call.close);
    return;
  }
  const named = call.events!.map((event) => {
    const input = { ...event };
    if (event.to) input.to = world.actors[event.to]!.organisation;
    if (event.carrier) input.carrier = world.actors[event.carrier]!.organisation;
    return input;
  });
  const size = service.store.ledger.size();
  const receipts = await report(service, caller, named);
  expect(receipts.map(({ index }) => index)).toEqual(named.map((_event, i) => size + i));
}

async function expectRefused(
  service: Service,
  world: World,
  call: History["calls"][number],
  rule: string,
): Promise<void> {
  const before = service.store.ledger.checkpoint();
  const refusal: unknown = await make(service, world, call).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Problem);
  const { type, extra } = refusal as Problem;
  expect(type).toBe("custody_contradiction");
  expect((extra["contradictions"] as { rule: string }[]).map((one) => one.rule)).toContain(rule);
  expect(service.store.ledger.checkpoint()).toEqual(before);
  expect(service.store.ledger.size()).toBe(before!.size);
}

function check(service: Service, world: World, expected: Expected): void {
  const batch = service.register.get(expected.code.batch)!;
  const { position } = expected.code;
  const placed = { batch, position, key: batch.start + position };
  const { state } = followCode(service, placed);
  const view = traceCode(service, placed, { role: "authority", organisation: "aut_test", key: "" });
  expect(state.contradictions).toEqual([]);
  if (expected.steps) expect(view.steps.map((step) => step.kind)).toEqual(expected.steps);
  if (expected.status) {
    expect(state.status).toBe(expected.status);
    expect(service.store.custody.states.status(placed.key) ?? "issued", "derived status").toBe(
      expected.status,
    );
  }
  if (expected.holder) expect(state.holder).toBe(world.actors[expected.holder]!.organisation);
  if (expected.held !== undefined) expect(view.held).toBe(expected.held);
  if (expected.findings) expect(view.findings.map((finding) => finding.rule)).toEqual(expected.findings);
  if (expected.unit !== undefined) {
    const { units } = service.store.custody;
    const unit = state.unit === null ? null : units.byNumber(state.unit as number)!.id;
    expect(unit).toBe(expected.unit);
  }
}
