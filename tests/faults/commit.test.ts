import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StoreFailed } from "../../src/store/binding.ts";
import { DataFolder } from "../../src/node/data/folder.ts";
import { expectStatus } from "../http/actors.ts";
import {
  at,
  issue,
  type Issued,
  openTrade,
  positions,
  tell,
  told,
  type Trade,
  verdict,
} from "../http/trade.ts";
import { makeHarness } from "../harness.ts";
import { sscc } from "../world.ts";

const CODES = 20;
const CALLERS = 3;

let folder: string;
let t: Trade;
let batch: Issued;
/** The messages to the operator on stderr. */
let complaints: string[];
beforeEach(async () => {
  complaints = [];
  vi.spyOn(console, "error").mockImplementation((...said) => void complaints.push(said.join(" ")));
  folder = mkdtempSync(join(tmpdir(), "suyuan-faults-"));
  t = await openTrade(makeHarness({}, folder));
  batch = await issue(t, CODES);
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
  // Issuing passed half a day. A read now keeps groups short, as while people scan.
  t.h.service.writer.noteRead();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await t.h.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Makes the next call of a method fail, with nothing done, or after all was done. */
function failOnce<K extends string>(target: Record<K, unknown>, name: K, done: boolean): void {
  const whole = target[name] as (...given: unknown[]) => unknown;
  target[name] = function (this: unknown, ...given: unknown[]): never {
    target[name] = whole;
    if (done) whole.apply(this, given);
    throw new Sqlite.SqliteError("injected", "SQLITE_IOERR_WRITE");
  };
}

/** The same of a method that promises. */
function rejectOnce<K extends string>(target: Record<K, unknown>, name: K, done: boolean): void {
  const whole = target[name] as (...given: unknown[]) => Promise<unknown>;
  target[name] = async function (this: unknown, ...given: unknown[]): Promise<never> {
    target[name] = whole;
    if (done) await whole.apply(this, given);
    throw new Sqlite.SqliteError("injected", "SQLITE_IOERR_WRITE");
  };
}

/** COMMIT fails, where nothing is done, as SQLite does it: the transaction is undone. */
function failCommit(done: boolean): void {
  const { binding } = t.h;
  if (done) return rejectOnce(binding, "transactSoon", true);
  const { transactSoon } = binding;
  binding.transactSoon = (work) => {
    binding.transactSoon = transactSoon;
    return transactSoon(() => {
      work();
      throw new Sqlite.SqliteError("injected", "SQLITE_FULL");
    });
  };
}

/** BEGIN fails, as with a lock that somebody else holds: nothing of the group was run. */
function failBegin(): void {
  const { binding } = t.h;
  const { transactSoon } = binding;
  binding.transactSoon = () => {
    binding.transactSoon = transactSoon;
    throw new StoreFailed("a write failed", { cause: new Sqlite.SqliteError("injected", "SQLITE_BUSY") });
  };
}

/** A job that changes other rows than custody's comes second in the group, and its savepoint fails. */
function failSavepoint(done: boolean): void {
  const { binding, service } = t.h;
  const { writer } = service;
  const submit = writer.submit.bind(writer);
  vi.spyOn(writer, "submit").mockImplementationOnce((work, changes) => {
    const packed = submit(work, changes);
    submit((tx) => tx.store.service.setMeta("other", "row")).catch(() => undefined);
    return packed;
  });
  failOnce(binding, "savepoint", done);
}

/** Each step of a group's way, and whether the group is stored where the step fails before and after it is done. */
const STEPS: { step: string; fail(done: boolean): void; stored: [boolean, boolean] }[] = [
  { step: "begin", fail: failBegin, stored: [false, false] },
  { step: "savepoint", fail: failSavepoint, stored: [false, false] },
  {
    step: "record",
    fail: (done) => failOnce(t.h.service.store.ledger, "addRecord", done),
    stored: [false, false],
  },
  { step: "attempt", fail: (done) => failOnce(t.h.binding, "attempt", done), stored: [false, false] },
  {
    step: "applying of a record",
    fail: (done) => failOnce(t.h.service.store.custody, "apply", done),
    stored: [false, false],
  },
  {
    step: "place in a chain",
    fail: (done) => failOnce(t.h.service.store.custody.chains, "extend", done),
    stored: [false, false],
  },
  {
    step: "status of codes",
    fail: (done) => failOnce(t.h.service.store.custody.states, "setStatus", done),
    stored: [false, false],
  },
  {
    step: "idempotency row",
    fail: (done) => failOnce(t.h.service.store.service, "addAnswer", done),
    stored: [false, false],
  },
  {
    step: "checkpoint in the database",
    fail: (done) => failOnce(t.h.service.store.ledger, "putCheckpoint", done),
    stored: [false, false],
  },
  { step: "commit", fail: failCommit, stored: [false, true] },
  {
    step: "checkpoint outside",
    fail: (done) => rejectOnce(DataFolder.prototype, "writeCheckpoint", done),
    stored: [true, true],
  },
];

/** Packs an item, as each of several callers does at the same time. */
function pack(caller: number) {
  const subjects = [positions(batch, caller)];
  const event = { id: `packing-${caller}`, kind: "packing", at: at(1), subjects, into: sscc(caller) };
  return tell(t, t.maker, event, { "Idempotency-Key": `pack-${caller}` });
}

const packAll = () => Promise.all(Array.from({ length: CALLERS }, (_, caller) => pack(caller)));

async function expectSound(): Promise<void> {
  const body = { scope: { ledger: true } };
  const answer = await t.h.call("POST", "/v1/audits", { key: t.officer.key, body });
  expect(expectStatus(answer, 201)).toMatchObject({ ok: true, breaks: [] });
  const { store } = t.h.service;
  expect(readFileSync(join(folder, "checkpoint"), "utf8")).toBe(store.ledger.checkpoint()?.note);
}

/** The packings in the log, by their ids. */
async function packings(): Promise<string[]> {
  const { items } = expectStatus(await t.h.call("GET", "/v1/events", { key: t.maker.key }), 200);
  return (items as { id: string; kind: string }[])
    .filter(({ kind }) => kind === "packing")
    .map(({ id }) => id)
    .toSorted();
}

const EACH = STEPS.flatMap((one) => [
  { ...one, how: "fails", done: false, kept: one.stored[0] },
  { ...one, how: "fails but persisted", done: true, kept: one.stored[1] },
]);

describe("a group of writes whose", () => {
  it.each(EACH)("$step $how is refused whole, and recorded once when it is repeated", async (given) => {
    const { ledger } = t.h.service.store;
    const before = ledger.size();
    given.fail(given.done);
    // They share a group, or two where time was short: the one that fails is refused whole.
    const answers = await packAll();
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused)
      expect(expectStatus(answer, 503)).toMatchObject({ type: "/problems/unavailable" });
    expect(complaints).toEqual([expect.stringMatching(/^writes were refused: .*injected/)]);
    expect(ledger.size()).toBe(before + (given.kept ? CALLERS : CALLERS - refused.length));

    const first = await packAll();
    const receipts = first.map((answer) => expectStatus(answer, 201).events[0]);
    expect(receipts.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([
      before,
      before + 1,
      before + 2,
    ]);
    expect((await packAll()).map(({ text }) => text)).toEqual(first.map(({ text }) => text));
    expect(await packings()).toEqual(["packing-0", "packing-1", "packing-2"]);
    await told(t, t.maker, { kind: "packing", at: at(2), subjects: [{ unit: sscc(0) }], into: sscc(9) });
    await expectSound();

    await t.h.dispose();
    t.h = makeHarness({}, folder);
    await expectSound();
  });
});

describe("a full queue of writes", () => {
  it.each([
    { how: "kept", fail: () => undefined, refused: false },
    { how: "refused unrun", fail: failBegin, refused: true },
    { how: "refused after they ran", fail: () => failCommit(true), refused: true },
  ])("accepts more once it is $how", async ({ fail, refused }) => {
    const { writer } = t.h.service;
    fail();
    const all = Array.from({ length: 40 }, () => writer.submit((tx) => tx.store.ledger.size()));
    expect(writer.backpressure()).toBeInstanceOf(Promise);
    const settled = await Promise.allSettled(all);
    expect(settled.some(({ status }) => status === "rejected")).toBe(refused);
    expect(writer.backpressure()).toBeUndefined();
  });

  it("may be longer if nobody reads or scans", async () => {
    const { writer, scan } = t.h.service;
    const { clock } = t.h;
    const crowdedBy = async (jobs: number): Promise<boolean> => {
      const all = Array.from({ length: jobs }, () => writer.submit((tx) => tx.store.ledger.size()));
      const crowded = writer.backpressure() !== undefined;
      await Promise.all(all);
      return crowded;
    };
    expect(await crowdedBy(40)).toBe(true);
    clock.nowMs += 251;
    expect(await crowdedBy(40)).toBe(false);
    expect(await crowdedBy(200)).toBe(true);
    scan.answer(batch.codes[0]!, { region: "unknown", nowMs: clock.nowMs, counts: true });
    expect(await crowdedBy(40)).toBe(true);
    clock.nowMs += 251;
    expect(await crowdedBy(40)).toBe(false);
    await writer.onDisk();
    expect(await crowdedBy(40)).toBe(false);
    await t.h.call("GET", "/v1/log");
    expect(await crowdedBy(40)).toBe(true);
  });
});

describe("memory follows the store", () => {
  it("for a batch that was stored although its write reported a failure", async () => {
    const other = await issue(t, CODES);
    const order = { key: t.maker.key, body: { ...ORDER, product: t.cream } };
    const { id } = expectStatus(await t.h.call("POST", "/v1/batches", order), 201);
    const { register, issuer, store } = t.h.service;
    failWhenStored(id);
    const body = { decision: "approve" };
    expectStatus(await t.h.call("POST", `/v1/batches/${id}/decision`, { key: t.officer.key, body }), 200);
    await issuer.settled();
    expect(store.batches.get(id)?.status).toBe("ready");
    expect(register.get(id)?.count).toBe(CODES);
    const view = expectStatus(await t.h.call("GET", `/v1/batches/${id}`, { key: t.maker.key }), 200);
    expect(view).toMatchObject({ status: "ready" });
    expect(view).not.toHaveProperty("failure");
    const { text } = await t.h.call("GET", `/v1/batches/${id}/codes?format=text`, { key: t.maker.key });
    expect(await verdict(t, text.split("\n")[0] as string)).toBe(await verdict(t, other.codes[0] as string));
  });

  it("for a closed batch and a recall", async () => {
    const other = await issue(t, CODES);
    failCommit(true);
    const closed = await t.h.call("POST", `/v1/batches/${other.id}/close`, { key: t.maker.key, body: {} });
    expectStatus(closed, 503);
    expect(t.h.service.register.get(other.id)?.closed).toBe(true);

    const scope = { subjects: [{ batch: batch.id }] };
    const draft = { scope, level: 1, reason: "tested", advice: "Do not use." };
    const made = await t.h.call("POST", "/v1/recalls", { key: t.maker.key, body: draft });
    const { id, reach } = expectStatus(made, 201);
    failCommit(true);
    const confirmed = await t.h.call("POST", `/v1/recalls/${id}/confirm`, {
      key: t.maker.key,
      body: { codes: reach.codes },
    });
    expectStatus(confirmed, 503);
    expect(await verdict(t, batch.codes[0] as string)).toBe("recalled");
  });
});

const ORDER = {
  quantity: CODES,
  lot: "L2",
  tradeMode: "9610",
  declaredValue: { amount: "100.00", currency: "USD" },
};

/** The commit that makes a batch ready fails after it took hold. */
function failWhenStored(id: string): void {
  const { binding, service } = t.h;
  const { transactSoon } = binding;
  binding.transactSoon = async (work) => {
    await transactSoon(work);
    if (service.store.batches.get(id)?.status !== "ready") return;
    binding.transactSoon = transactSoon;
    throw new Sqlite.SqliteError("injected", "SQLITE_IOERR_FSYNC");
  };
}

describe("a clock that goes backwards", () => {
  it("does not set the log's times back", async () => {
    const recorded: string[] = [];
    const { nowMs } = t.h.clock;
    for (const [i, offsetMs] of [0, 60_000, -3_600_000, -1, 120_000, -40_000_000].entries()) {
      t.h.clock.nowMs = nowMs + offsetMs;
      const event = { kind: "packing", at: at(1), subjects: [positions(batch, i)], into: sscc(i) };
      recorded.push((await told(t, t.maker, event))[0].recorded);
    }
    expect(recorded).toEqual(recorded.toSorted());
    await t.h.dispose();
    t.h = makeHarness({}, folder);
    t.h.clock.nowMs = nowMs - 40_000_000;
    const event = { kind: "packing", at: at(1), subjects: [positions(batch, 9)], into: sscc(9) };
    const [late] = await told(t, t.maker, event);
    expect(late.recorded).toBe(recorded.at(-1));
    await expectSound();
  });
});

describe("a checkpoint that cannot be written outside the database", () => {
  it("stops every acknowledgement and write, until it can", async () => {
    const file = join(folder, "checkpoint");
    const { ledger } = t.h.service.store;
    const before = ledger.size();
    renameSync(file, `${file}.old`);
    mkdirSync(file);
    expectStatus(await pack(0), 503);
    expect(ledger.size()).toBe(before + 1);
    // Neither a repetition nor another write is answered, or written, while the copy outside is behind.
    expectStatus(await pack(0), 503);
    expectStatus(await pack(1), 503);
    expect(ledger.size()).toBe(before + 1);
    // The same reason is not told with every write.
    expect(complaints).toEqual([expect.stringMatching(/^writes were refused: .*Check the disk of /)]);
    expectStatus(await t.h.call("GET", "/v1/log"), 200);

    rmdirSync(file);
    expect(expectStatus(await pack(0), 201).events[0].index).toBe(before);
    expect(expectStatus(await pack(1), 201).events[0].index).toBe(before + 1);
    await expectSound();
  });

  it("is written by the next start before it is published, after a kill", async () => {
    rejectOnce(DataFolder.prototype, "writeCheckpoint", false);
    const { service } = t.h;
    const index = service.store.ledger.size();
    expectStatus(await pack(0), 503);
    expect(service.publisher.published().size).toBe(index);
    await t.h.dispose();
    t.h = makeHarness({}, folder);
    const { note, size } = t.h.service.publisher.published();
    expect(size).toBe(index + 1);
    expect(readFileSync(join(folder, "checkpoint"), "utf8")).toBe(note);
    expect(expectStatus(await pack(0), 201).events[0].index).toBe(index);
    await expectSound();
  });

  it("stops the next start too, with a message that names it", async () => {
    rejectOnce(DataFolder.prototype, "writeCheckpoint", false);
    expectStatus(await pack(0), 503);
    await t.h.dispose();
    mkdirSync(join(folder, "checkpoint.new"));
    expect(() => makeHarness({}, folder)).toThrow(
      /^the last checkpoint, .*checkpoint, cannot be written: EISDIR/,
    );
    rmdirSync(join(folder, "checkpoint.new"));
    t.h = makeHarness({}, folder);
    await expectSound();
  });
});

/** Commits wait for the disk until the returned function is called, with the disk's error if it refused. */
function holdDisk(): (refusal?: Error) => void {
  const { binding } = t.h;
  const { transactSoon } = binding;
  const disk = Promise.withResolvers<void>();
  // Where nothing was committed it throws at once, as the store does.
  binding.transactSoon = (work) => transactSoon(work).then(() => disk.promise);
  return (refusal) => {
    binding.transactSoon = transactSoon;
    if (refusal === undefined) disk.resolve();
    else disk.reject(refusal);
  };
}

/** Runs everything that can run without the disk. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe("a commit that is not on disk yet", () => {
  it("is shown to nobody: not to its caller, a repetition, or readers of it or of the log", async () => {
    const { service } = t.h;
    const before = service.publisher.published();
    const outside = readFileSync(join(folder, "checkpoint"), "utf8");
    const letGo = holdDisk();
    const answered: string[] = [];
    const tellOf = <T>(name: string, answer: Promise<T>): Promise<T> =>
      answer.finally(() => void answered.push(name));
    const written = tellOf("write", pack(0));
    await expect.poll(() => service.store.ledger.size()).toBe(before.size + 1);
    const index = before.size;
    const get = (path: string) => tellOf(path, t.h.call("GET", path, { key: t.maker.key }));
    const readers = [
      "/v1/events",
      `/v1/records/${index}`,
      `/v1/records/${index}/receipt`,
      `/v1/trace/${batch.codes[0]}`,
      "/v1/log",
      "/log/checkpoint",
      `/log/tile/0/000.p/${index + 1}`,
      `/T/${batch.codes[0]}`,
    ].map((path) => get(path));
    const contradiction = { id: "packing-0", kind: "packing", at: at(1), subjects: [positions(batch, 0)] };
    const others = [
      tellOf("repetition", pack(0)),
      tellOf("other write", pack(1)),
      tellOf("contradiction", tell(t, t.maker, { ...contradiction, into: sscc(7) })),
    ];
    await turns();
    expect(answered).toEqual([]);
    expect(service.publisher.published()).toEqual(before);
    expect(readFileSync(join(folder, "checkpoint"), "utf8")).toBe(outside);

    letGo();
    expect(expectStatus(await written, 201).events[0].index).toBe(index);
    expect((await Promise.all(readers)).map(({ status }) => status)).not.toContain(500);
    const [repeated, other, refused] = await Promise.all(others);
    expect(repeated?.text).toBe((await written).text);
    expectStatus(other as NonNullable<typeof other>, 201);
    expectStatus(refused as NonNullable<typeof refused>, 409);
    await expectSound();
  });

  it("is not published and not stored outside after the disk refused it, until it is on disk", async () => {
    const { service, binding } = t.h;
    const before = service.publisher.published();
    const file = join(folder, "checkpoint");
    const outside = readFileSync(file, "utf8");
    const { transactSoon } = binding;
    binding.transactSoon = async (work) => {
      await transactSoon(work);
      throw new Sqlite.SqliteError("injected", "SQLITE_IOERR_FSYNC");
    };
    expectStatus(await pack(0), 503);
    expect(service.store.ledger.size()).toBe(before.size + 1);
    expectStatus(await pack(0), 503);
    expectStatus(await pack(1), 503);
    expectStatus(await t.h.call("GET", `/v1/records/${before.size}/receipt`), 503);
    expect(service.store.ledger.size()).toBe(before.size + 1);
    expect(service.publisher.published()).toEqual(before);
    expect(readFileSync(file, "utf8")).toBe(outside);

    binding.transactSoon = transactSoon;
    expectStatus(await t.h.call("GET", `/v1/records/${before.size}/receipt`), 200);
    expect(service.publisher.published().size).toBe(before.size + 1);
    expect(expectStatus(await pack(0), 201).events[0].index).toBe(before.size);
    await expectSound();
  });
});

/** The next commits wait for the disk; the function at each one's place accepts or refuses it. */
function holdEach(count: number): ((refusal?: Error) => void)[] {
  const { binding } = t.h;
  const { transactSoon } = binding;
  const held: ((refusal?: Error) => void)[] = [];
  binding.transactSoon = (work) => {
    const committed = transactSoon(work);
    const disk = Promise.withResolvers<void>();
    held.push((refusal) => (refusal === undefined ? disk.resolve() : disk.reject(refusal)));
    if (held.length === count) binding.transactSoon = transactSoon;
    return committed.then(() => disk.promise);
  };
  return held;
}

const EIO = new Sqlite.SqliteError("injected", "SQLITE_IOERR_FSYNC");

/** Two groups committed, neither on the disk. */
async function twoGroups() {
  const { size } = t.h.service.publisher.published();
  const held = holdEach(2);
  const answered: string[] = [];
  const first = pack(0).finally(() => void answered.push("first"));
  await expect.poll(() => t.h.service.store.ledger.size()).toBe(size + 1);
  const second = pack(1).finally(() => void answered.push("second"));
  await expect.poll(() => t.h.service.store.ledger.size()).toBe(size + 2);
  const third = pack(2).finally(() => void answered.push("third"));
  await turns();
  // No third group before the first is on the disk.
  expect(t.h.service.store.ledger.size()).toBe(size + 2);
  return { size, held, answered, first, second, third };
}

describe("a group that runs while the one before waits for the disk", () => {
  it("is acknowledged after the one before, even if it is on disk first", async () => {
    const { size, held, answered, first, second, third } = await twoGroups();
    held[1]?.();
    await turns();
    expect(answered).toEqual([]);
    held[0]?.();
    const answers = await Promise.all([first, second, third]);
    expect(answers.map((answer) => expectStatus(answer, 201).events[0].index)).toEqual([
      size,
      size + 1,
      size + 2,
    ]);
    expect(answered).toEqual(["first", "second", "third"]);
    await expectSound();
  });

  it("is refused with the one before if it only repeats its answer: no checkpoint is stored outside for either", async () => {
    const { size } = t.h.service.publisher.published();
    const file = join(folder, "checkpoint");
    const outside = readFileSync(file, "utf8");
    const held = holdEach(2);
    const first = pack(0);
    await expect.poll(() => t.h.service.store.ledger.size()).toBe(size + 1);
    const repeated = pack(0);
    await expect.poll(() => held).toHaveLength(2);
    held[0]?.(EIO);
    await turns();
    held[1]?.();
    expectStatus(await first, 503);
    expectStatus(await repeated, 503);
    expect(readFileSync(file, "utf8")).toBe(outside);
    expect(expectStatus(await pack(0), 201).events[0].index).toBe(size);
    await expectSound();
  });

  it.each([
    { second: true, name: "and the disk has it, with the one before that it refused at first" },
    { second: false, name: "and the disk refuses it too" },
  ])("$name", async ({ second: kept }) => {
    const { size, held, first, second, third } = await twoGroups();
    held[0]?.(EIO);
    await turns();
    held[1]?.(kept ? undefined : EIO);
    expectStatus(await first, 503);
    expectStatus(await second, kept ? 201 : 503);
    expect(expectStatus(await third, 201).events[0].index).toBe(size + 2);
    const repeated = await Promise.all([pack(0), pack(1)]);
    expect(repeated.map((answer) => expectStatus(answer, 201).events[0].index)).toEqual([size, size + 1]);
    await expectSound();
  });
});

describe("a group in which one call is refused", () => {
  it("runs each call once, with the result that the others would have had alone", async () => {
    const { service } = t.h;
    const { ledger, custody } = service.store;
    const before = ledger.size();
    const extended: number[] = [];
    const extend = custody.chains.extend.bind(custody.chains);
    vi.spyOn(custody.chains, "extend").mockImplementation((key, fact, ...rest) => {
      extended.push(fact.index);
      extend(key, fact, ...rest);
    });
    // Two levels of the tree that no chain hung from before, and a call that throws when the others have been run.
    const wide = {
      id: "wide",
      kind: "packing",
      at: at(1),
      subjects: [positions(batch, 8, 11)],
      into: sscc(8),
    };
    const [first, second, third, refused, last] = await Promise.all([
      pack(0),
      tell(t, t.maker, wide),
      pack(1),
      tell(t, t.maker, { ...wide, subjects: [positions(batch, 12)] }),
      pack(2),
    ]);
    expect(expectStatus(refused, 409)).toMatchObject({ type: "/problems/conflict" });
    const places = [first, second, third, last].map((answer) => expectStatus(answer, 201).events[0].index);
    expect(places.toSorted((a, b) => a - b)).toEqual([before, before + 1, before + 2, before + 3]);
    expect(ledger.size()).toBe(before + 4);
    // Each record on the chain of its node and on that of its unit: no record was applied a second time.
    expect(extended.toSorted((a, b) => a - b)).toEqual(
      places.flatMap((index) => [index, index]).toSorted((a, b) => a - b),
    );
    await expectLevels();
    await expectSound();
    await t.h.dispose();
    t.h = makeHarness({}, folder);
    await expectSound();
    await expectLevels();
    const trace = await t.h.call("GET", `/v1/trace/${batch.codes[9]}`, { key: t.maker.key });
    expect(expectStatus(trace, 200).steps.map(({ kind }: { kind: string }) => kind)).toContain("packing");
  });

  it("undoes a call whose rules refuse it after its records were made, and no other", async () => {
    const { ledger, custody } = t.h.service.store;
    expectStatus(await pack(0), 201);
    const before = ledger.size();
    const unwritten = custody.unwritten;
    // It packs what is in another unit: the whole history of the goods is judged at the end of the call.
    const contradiction = { kind: "packing", at: at(2), subjects: [positions(batch, 0)], into: sscc(7) };
    const [refused, other] = await Promise.all([tell(t, t.maker, contradiction), pack(1)]);
    expectStatus(refused, 422);
    expect(expectStatus(other, 201).events[0].index).toBe(before);
    expect(ledger.size()).toBe(before + 1);
    expect(custody.units.find(sscc(7))).toBeUndefined();
    await expectSound();
    // Alone it changes nothing at all.
    await t.h.service.writer.writeDerived();
    expectStatus(await tell(t, t.maker, contradiction), 422);
    expect(custody.unwritten).toBe(0);
    expect(unwritten).toBeGreaterThan(0);
    await expectSound();
  });

  it("refuses a call that throws something odd alone, and keeps the others", async () => {
    const { ledger, service } = t.h.service.store;
    const before = ledger.size();
    const { addAnswer } = service;
    service.addAnswer = () => {
      service.addAnswer = addAnswer;
      throw new Error("odd");
    };
    const answers = await packAll();
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 500]);
    expect(ledger.size()).toBe(before + CALLERS - 1);
    await expectSound();
    const repeated = await packAll();
    expect(
      repeated.map((answer) => expectStatus(answer, 201).events[0].index).toSorted((a, b) => a - b),
    ).toEqual([before, before + 1, ledger.size() - 1]);
    expect(await packings()).toEqual(["packing-0", "packing-1", "packing-2"]);
    await expectSound();
  });
});

/** The levels at which a batch has chains are those of its nodes. */
async function expectLevels(): Promise<void> {
  const { custody } = t.h.service.store;
  const { start, count } = t.h.service.register.get(batch.id)!;
  const nodes = custody.chains.nodesIn(start, start + count);
  expect(nodes.length).toBeGreaterThan(2);
  expect(custody.levelsOf(start)).toBe(nodes.reduce((levels, { level }) => levels | (1 << level), 0));
}

/** Everything that the API says about the batch's codes and its events. */
async function everythingTold(): Promise<unknown> {
  const traces = await Promise.all(
    batch.codes.map((code) => t.h.call("GET", `/v1/trace/${code}`, { key: t.maker.key })),
  );
  const events = await t.h.call("GET", "/v1/events", { key: t.maker.key });
  const verdicts = await Promise.all(batch.codes.map((code) => verdict(t, code)));
  const { custody, ledger } = t.h.service.store;
  return {
    traces: traces.map((answer) => expectStatus(answer, 200)),
    events: expectStatus(events, 200),
    verdicts,
    clearances: custody.recorded.clearances(),
    size: ledger.size(),
  };
}

/** A history of everything that custody derives. */
async function live(): Promise<void> {
  for (let caller = 0; caller < CALLERS; caller++) expectStatus(await pack(caller), 201);
  const subjects = [{ unit: sscc(0) }];
  await told(t, t.maker, { kind: "packing", at: at(2), subjects, into: sscc(9) });
  const outer = [{ unit: sscc(9) }];
  await told(t, t.maker, { kind: "shipping", at: at(3), subjects: outer, to: t.importer.id });
  await told(t, t.importer, { kind: "accepting", at: at(4), subjects: outer });
  await told(t, t.importer, { kind: "unpacking", at: at(5), subjects: [], from: sscc(9) });
  await told(t, t.maker, { kind: "voiding", at: at(6), subjects: [positions(batch, 12, 14)], id: "wrong" });
  const correcting = { kind: "correcting", at: at(7), subjects: [], corrects: { id: "wrong" } };
  await told(t, t.maker, { ...correcting, reason: "did_not_occur" });
  const storing = { kind: "storing", at: at(8), subjects: [positions(batch, 15)] };
  // Longer than a block of a chain.
  await told(
    t,
    t.maker,
    Array.from({ length: 270 }, () => storing),
  );
}

/** Nothing more is written behind, as if the process were killed; the folder is opened again. */
async function killed(): Promise<void> {
  t.h.binding.transactBehind = () => {
    throw new StoreFailed("killed");
  };
  const { nowMs } = t.h.clock;
  await t.h.dispose();
  t.h = makeHarness({}, folder);
  t.h.clock.nowMs = nowMs;
}

describe("what is written behind the records", () => {
  it.each([
    { how: "fails", done: false },
    { how: "fails but persisted", done: true },
  ])("stays in memory where its writing $how, and is written by the next one", async ({ done }) => {
    const { binding, service } = t.h;
    await live();
    const before = await everythingTold();
    const { transactBehind } = binding;
    let failures = 0;
    binding.transactBehind = (work) => {
      failures += 1;
      if (done) transactBehind(work);
      throw new StoreFailed("injected");
    };
    await service.writer.writeDerived();
    expect(failures).toBeGreaterThan(0);
    expect(service.store.custody.unwritten).toBeGreaterThan(0);
    expect(await everythingTold()).toEqual(before);
    await told(t, t.maker, { kind: "storing", at: at(9), subjects: [positions(batch, 16)] });
    const after = await everythingTold();
    binding.transactBehind = transactBehind;
    await service.writer.writeDerived();
    expect(service.store.custody.unwritten).toBe(0);
    expect(service.store.derivedThrough()).toBe(service.store.ledger.size());
    expect(await everythingTold()).toEqual(after);
    await expectSound();
    await t.h.dispose();
    t.h = makeHarness({}, folder);
    expect(await everythingTold()).toMatchObject({
      ...(after as object),
      size: t.h.service.store.ledger.size(),
    });
    await expectSound();
  });

  it("is derived again from the records by the next start, where a kill lost all of it", async () => {
    t.h.binding.transactBehind = () => {
      throw new StoreFailed("killed");
    };
    await live();
    const before = await everythingTold();
    expect(t.h.service.store.derivedThrough()).toBeLessThan(t.h.service.store.ledger.size());
    await killed();
    expect(await everythingTold()).toEqual(before);
    expect(t.h.service.store.derivedThrough()).toBe(t.h.service.store.ledger.size());
    await expectLevels();
    await expectSound();
  });

  it.each([1, 5, 20, 40, 60, 80, 100, 140])(
    "is derived again where a kill came after %i rows of it, and reports went on meanwhile",
    async (rows) => {
      const { binding, service } = t.h;
      const { transactBehind } = binding;
      binding.transactBehind = () => {
        throw new StoreFailed("not yet");
      };
      await live();
      binding.transactBehind = transactBehind;
      let left = rows;
      service.store.writeBehind(() => left-- > 0);
      binding.transactBehind = () => {
        throw new StoreFailed("killed");
      };
      await told(t, t.maker, { kind: "packing", at: at(9), subjects: [positions(batch, 17)], into: sscc(9) });
      await told(t, t.importer, { kind: "unpacking", at: at(9), subjects: [], from: sscc(0) });
      const before = await everythingTold();
      await killed();
      expect(await everythingTold()).toEqual(before);
      await expectLevels();
      await expectSound();
      await told(t, t.maker, { kind: "storing", at: at(10), subjects: [positions(batch, 17)] });
      await expectSound();
    },
  );

  it("is derived again in memory after a group was refused, with what the store has", async () => {
    await live();
    const before = (await everythingTold()) as { size: number };
    failCommit(false);
    expectStatus(
      await tell(t, t.maker, { kind: "storing", at: at(9), subjects: [positions(batch, 16)] }),
      503,
    );
    expect(await everythingTold()).toEqual(before);
    failCommit(true);
    const refused = { kind: "storing", at: at(9), subjects: [positions(batch, 17)], id: "kept" };
    expectStatus(await tell(t, t.maker, refused), 503);
    expect(await everythingTold()).toMatchObject({ size: before.size + 1 });
    const trace = await t.h.call("GET", `/v1/trace/${batch.codes[17]}`, { key: t.maker.key });
    expect(expectStatus(trace, 200).steps.at(-1)).toMatchObject({ kind: "storing" });
    await expectSound();
    await t.h.service.writer.writeDerived();
    await t.h.dispose();
    t.h = makeHarness({}, folder);
    await expectSound();
  });
});
