import { utf8ToBytes } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyBundle } from "../../src/core/custody/verification.ts";
import { parseBundle } from "../../src/core/ledger/bundle.ts";
import { logKey } from "../../src/services/ledger/log-key.ts";
import { Replay, type Told } from "../core/custody/replay.ts";
import { sscc } from "../world.ts";
import { type Actor, expectStatus } from "./actors.ts";
import { at, type Event, type Issued, issue, openTrade, otherGoods, tell, type Trade } from "./trade.ts";

const ROUNDS = 10;
const CALLS = 45;
/** Codes of the maker's batch and of the importer's. */
const COUNTS = [7, 4] as const;
/** Every rule but recall's must have been broken, or nothing is shown of it. */
const RULES = [
  "after_destruction",
  "after_voiding",
  "not_engaged",
  "not_holder",
  "packed_twice",
  "sold_after_sampling",
  "sold_while_held",
];

/** The kinds to try, more likely if listed more often; `emptying` is unloading everything. */
const KINDS = (
  "packing packing packing loading unpacking unloading emptying emptying shipping shipping accepting accepting " +
  "accepting delegating commissioning selling selling returning sampling holding releasing storing voiding destroying " +
  "exporting departing arriving correcting correcting applying"
).split(" ");

let t: Trade;
beforeAll(async () => {
  t = await openTrade();
});
afterAll(() => t.h.dispose());

it("random histories over HTTP are judged and traced as a replay of single items says, with the same holders", async () => {
  const soap = await otherGoods(t, "9520002000026", t.importer);
  let accepted = 0;
  const broken = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomFrom(round);
    const [first, second] = COUNTS;
    const a = await issue(t, first);
    const b = await issue(t, second, { owner: t.importer, product: soap });
    const batches = {
      [a.id]: { owner: t.maker.id, count: first },
      [b.id]: { owner: t.importer.id, count: second },
    };
    const units = [1, 2, 3, 4].map((n) => sscc(round * 10 + n));
    const told: Told[] = [];
    for (let call = 0; call < CALLS; call++) {
      const { by, events, candidate, replay } = attempt(
        random,
        `${round}.${call}`,
        { a, b, units, told },
        batches,
      );
      if (events.length === 0) continue;
      const answer = await tell(t, by, events);
      const story = () => storyOf(candidate, told.length, answer.text);
      if ([400, 403, 409].includes(answer.status)) continue;
      expect(answer.status, `${replay.broken.join()} ${story()}`).toBe(
        replay.broken.length === 0 ? 201 : 422,
      );
      if (answer.status === 422) {
        const given = answer.json.contradictions.map((one: { rule: string }) => one.rule);
        // A circle cannot be followed, so no other rule is reported with it.
        if (!given.includes("packed_in_a_circle"))
          expect(new Set(given), story()).toEqual(new Set(replay.broken));
        for (const rule of given) broken.add(rule);
        continue;
      }
      told.push(...candidate.slice(told.length));
      accepted++;
      await agree(replay, { a, b, units }, story);
      if (accepted % 10 === 0) await agreeOffline(replay, [a, b], story);
    }
  }
  const body = { scope: { ledger: true } };
  const audit = await t.h.call("POST", "/v1/audits", { key: t.officer.key, body });
  expect(audit.json.breaks).toEqual([]);
  expect(accepted).toBeGreaterThan(ROUNDS * 15);
  expect([...broken]).toEqual(expect.arrayContaining(RULES));
});

/** A bundle of each code, checked offline, says the same. */
async function agreeOffline(replay: Replay, batches: Issued[], story: () => string): Promise<void> {
  for (const batch of batches)
    for (const [position, code] of batch.codes.entries()) {
      const { text } = await t.h.call("GET", `/v1/trace/${code}/bundle`);
      const { journey, state } = verifyBundle(parseBundle(utf8ToBytes(text)), logKey(t.h.service));
      const { holder, status, held, steps, findings } = replay.of(`${batch.id}/${position}`);
      expect(
        {
          holder: state.holder,
          status: state.status,
          held: state.holds.size > 0,
          steps: journey.steps.map(({ fact }) => fact.index),
          findings: state.findings.map(({ rule, index }) => `${rule} ${index}`).sort(),
        },
        `${position} ${story()}`,
      ).toEqual({ holder, status, held, steps, findings: findings.toSorted() });
    }
}

async function agree(
  replay: Replay,
  { a, b, units }: { a: Issued; b: Issued; units: string[] },
  story: () => string,
): Promise<void> {
  for (const batch of [a, b])
    for (const [position, code] of batch.codes.entries()) {
      const view = expectStatus(await t.h.call("GET", `/v1/trace/${code}`, { key: t.officer.key }), 200);
      const expected = replay.of(`${batch.id}/${position}`);
      const found = {
        holder: view.holder,
        status: view.status,
        held: view.held,
        steps: view.steps.map((step: { index: number }) => step.index),
        findings: view.findings
          .map((one: { rule: string; index: number }) => `${one.rule} ${one.index}`)
          .sort(),
      };
      const { holder, status, held, steps } = expected;
      expect(found, `${position} ${story()}`).toEqual({
        holder,
        status,
        held,
        steps: [...steps],
        findings: expected.findings.toSorted(),
      });
    }
  for (const id of units) {
    const answer = await t.h.call("GET", `/v1/units/${id}`, { key: t.officer.key });
    const expected = replay.of(id);
    if (expected.steps.length === 0) continue;
    const view = expectStatus(answer, 200);
    const inside = replay.within(id);
    expect(
      {
        holder: view.holder,
        inside: view.inside ?? null,
        codes: view.contents.codes,
        units: view.contents.units.toSorted(),
      },
      `${id} ${story()}`,
    ).toEqual({
      holder: expected.holder,
      inside: expected.inside,
      codes: inside.filter((thing) => thing.includes("/")).length,
      units: inside.filter((thing) => !thing.includes("/")).toSorted(),
    });
  }
}

/** The history in the journey's order, with the current call marked: the message of a failure. */
function storyOf(candidate: Told[], known: number, answer: string): string {
  const lines = candidate
    .toSorted((x, y) => (String(x.event["at"]) < String(y.event["at"]) ? -1 : 1))
    .map((one) => {
      const { at: when, id: _id, ...rest } = one.event;
      return `${candidate.indexOf(one) < known ? " " : "+"} ${one.index} ${String(when).slice(14, 16)} ${one.by} ${JSON.stringify(rest)}`;
    });
  const names = Object.entries(t).flatMap(([name, { id }]) => (id === undefined ? [] : [[name, id]])) as [
    string,
    string,
  ][];
  const text = `${answer}\n${lines.join("\n")}`;
  return names.reduce((all, [name, id]) => all.replaceAll(id, name), text);
}

type Batches = Record<string, { owner: string; count: number }>;

interface World {
  a: Issued;
  b: Issued;
  units: string[];
  told: Told[];
}

type Random = () => number;

interface Attempt {
  by: Actor;
  events: Event[];
  candidate: Told[];
  replay: Replay;
}

/** A call: mostly one that the replay finds nothing against, where a few tries give one. */
function attempt(random: Random, id: string, world: World, batches: Batches): Attempt {
  const mostTries = pick(random, [1, 12, 12]);
  for (let tries = 1; ; tries++) {
    const by = pick(random, [t.maker, t.maker, t.importer, t.importer, t.carrier, t.officer, t.lab]);
    const events = Array.from({ length: pick(random, [1, 1, 1, 2, 3]) }, (_, i) =>
      invent(random, `${id}.${i}`, by.id, world),
    ).filter((event) => event !== undefined);
    const size = t.h.service.store.ledger.size();
    const candidate = [...world.told, ...events.map((event, i) => ({ index: size + i, by: by.id, event }))];
    const replay = new Replay(candidate, batches);
    if (tries >= mostTries || replay.broken.length === 0) return { by, events, candidate, replay };
  }
}

/** An event that a party might report, likely or not. */
function invent(random: Random, id: string, by: string, world: World): Event | undefined {
  const { a, b, units, told } = world;
  const kind = pick(random, KINDS);
  const common = { id, at: at(Math.floor(random() * 60)) };
  if (kind === "correcting") {
    const target = told.length > 0 ? pick(random, told) : undefined;
    if (target === undefined) return undefined;
    const corrects = { id: target.event["id"], organisation: target.by };
    return { ...common, kind, subjects: [], corrects, reason: "incorrect_data" };
  }
  if (kind === "emptying") return { ...common, kind: "unloading", subjects: [], from: pick(random, units) };
  const subjects = [subject(random, pick(random, [a, a, b]), units)];
  const unit = pick(random, units);
  if (kind === "packing" || kind === "loading") return { ...common, kind, subjects, into: unit };
  // Goods unloaded from something that is no unit, such as a ship, leave the unit that they were in.
  if (kind === "unloading" && random() < 0.4) return { ...common, kind, subjects };
  if (kind === "unpacking" || kind === "unloading") return { ...common, kind, subjects, from: unit };
  // A delegating to the laboratory engages it for a sampling.
  const others = kind === "delegating" ? [t.maker, t.importer, t.lab] : [t.maker, t.importer];
  const to = pick(
    random,
    others.filter((one) => one.id !== by),
  ).id;
  if (kind === "shipping" && random() < 0.4) return { ...common, kind, subjects, to, carrier: t.carrier.id };
  return { ...common, kind, subjects, ...(kind === "shipping" || kind === "delegating" ? { to } : {}) };
}

function subject(random: Random, { id, codes }: Issued, units: string[]): Event {
  if (random() < 0.45) return { unit: pick(random, units) };
  const [one, other] = [random, random].map((next) => Math.floor(next() * codes.length)) as [number, number];
  return { batch: id, first: Math.min(one, other), last: Math.max(one, other) };
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** Mulberry32: the same numbers at every run. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
