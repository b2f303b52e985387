import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalBytes } from "../../src/core/ledger/canonical.ts";
import { entryOf } from "../../src/core/ledger/entry.ts";
import { leafHash } from "../../src/core/ledger/merkle.ts";
import type { LedgerRecord } from "../../src/core/ledger/record.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { type AuditResult, auditLedger } from "../../src/services/audit/audit.ts";
import { Commitments } from "../../src/services/audit/commitments.ts";
import { logKey } from "../../src/services/ledger/log-key.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { openSqliteCopy } from "../../src/node/data/sqlite.ts";
import { openStore } from "../../src/store/store.ts";
import { makeHarness } from "../harness.ts";
import { sscc } from "../world.ts";
import { type Actor, expectStatus } from "./actors.ts";
import {
  at,
  type Event,
  issue,
  type Issued,
  openTrade,
  positions,
  tell,
  told,
  type Trade,
  verdict,
} from "./trade.ts";

const CODES = 300;
/** Of the batch that is issued while an audit runs. */
const LATE = 40;

let folder: string;
let t: Trade;
let batch: Issued;
/** Indices of records by name. */
const index: Record<string, number> = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-audit-"));
  t = await openTrade(makeHarness({}, folder));
  batch = await issue(t, CODES);
  await live();
});
afterAll(async () => {
  await t.h.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A history with everything that is kept beside records: packing, a correction, sealed fields, a recall, sold codes. */
async function live(): Promise<void> {
  const note = async (name: string, by: Actor, event: Event): Promise<void> => {
    index[name] = (await told(t, by, event))[0].index;
  };
  await note("commissioning", t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
  await note("packing", t.maker, {
    kind: "packing",
    at: at(1),
    subjects: [positions(batch, 0, 23)],
    into: sscc(1),
  });
  await note("loading", t.maker, {
    kind: "packing",
    at: at(2),
    subjects: [{ unit: sscc(1) }],
    into: sscc(2),
  });
  const subjects = [{ unit: sscc(2) }];
  await note("shipping", t.maker, {
    kind: "shipping",
    at: at(3),
    subjects,
    to: t.importer.id,
    carrier: t.carrier.id,
    sealed: { owner: { price: "7.00" }, parties: { terms: "30 days" } },
  });
  await note("accepting", t.importer, { kind: "accepting", at: at(4), subjects });
  await note("emptying", t.importer, { kind: "unpacking", at: at(5), subjects: [], from: sscc(2) });
  await note("selling", t.importer, { kind: "selling", at: at(6), subjects: [positions(batch, 4, 7)] });
  await note("wrong", t.maker, {
    kind: "voiding",
    at: at(7),
    subjects: [positions(batch, 100)],
    id: "wrong",
  });
  const correcting = {
    kind: "correcting",
    at: at(8),
    subjects: [],
    corrects: { id: "wrong" },
    reason: "did_not_occur",
  };
  await note("correcting", t.maker, correcting);
  const scope = { subjects: [positions(batch, 200, 209)] };
  const body = { scope, reason: "a test", level: 2 };
  const draft = expectStatus(await t.h.call("POST", "/v1/recalls", { key: t.maker.key, body }), 201);
  const path = `/v1/recalls/${draft.id}/confirm`;
  expectStatus(await t.h.call("POST", path, { key: t.maker.key, body: { codes: 10 } }), 200);
  index["recalling"] = t.h.service.store.ledger.size() - 1;
  const storing = Array.from({ length: 260 }, () => ({
    kind: "storing",
    at: at(9),
    subjects: [positions(batch, 150)],
  }));
  await told(t, t.maker, storing);
  await note("final", t.maker, { kind: "storing", at: at(9), subjects: [positions(batch, 160)] });
}

const audit = (by: { key: string }, scope: unknown, headers = {}) =>
  t.h.call("POST", "/v1/audits", { key: by.key, body: { scope }, headers });

describe("an audit of an honest store", () => {
  it("finds no break for a code, a batch, an enterprise and the whole ledger", async () => {
    const { ledger } = t.h.service.store;
    const scopes: [unknown, Event][] = [
      [{ code: batch.codes[5] }, { batches: 1, codes: CODES }],
      [{ batch: batch.id }, { batches: 1, codes: CODES }],
      [{ enterprise: t.maker.id }, { batches: 1, codes: CODES }],
      [{ enterprise: t.importer.id }, { batches: 0, codes: 0 }],
      [{ ledger: true }, { batches: 1, codes: CODES }],
    ];
    for (const [scope, figures] of scopes) {
      t.h.clock.nowMs += 1000;
      const size = ledger.size();
      const view = expectStatus(await audit(t.officer, scope), 201);
      expect(view).toMatchObject({
        ok: true,
        breaks: [],
        size,
        scope,
        organisation: t.officer.id,
        ...figures,
      });
      expect(view.records).toBeGreaterThan(1);
      expect(view.root).toMatch(/^[0-9a-f]{64}$/);
      if ("ledger" in (scope as object)) expect(view.records).toBe(size);
      expect(view.record).toBe(size);
      const { json } = await t.h.call("GET", `/v1/records/${view.record}`, { key: t.officer.key });
      expect(json.statement).toMatchObject({
        kind: "auditing",
        public: { ok: true, audit: view.id, breaks: 0 },
      });
      expect(JSON.stringify(json)).not.toContain(batch.codes[5]);
      expect(
        expectStatus(await t.h.call("GET", `/v1/audits/${view.id}`, { key: t.h.operatorKey }), 200),
      ).toEqual(view);
    }
    const { items } = expectStatus(await t.h.call("GET", "/v1/audits?limit=2", { key: t.officer.key }), 200);
    expect(items.map(({ scope }: { scope: unknown }) => scope)).toEqual([
      { ledger: true },
      { enterprise: t.importer.id },
    ]);
  });

  it("is open to the authority and the operator, refuses unknown scopes, and runs once for one Idempotency-Key", async () => {
    expectStatus(await audit(t.maker, { ledger: true }), 403);
    expectStatus(await audit(t.officer, { batch: "bat_none" }), 404);
    expectStatus(await audit(t.officer, { enterprise: "ent_none" }), 404);
    expectStatus(await audit(t.officer, { code: "45VF" }), 400);
    expectStatus(await audit(t.officer, { ledger: false }), 400);
    const headers = { "Idempotency-Key": "audit-1" };
    const first = expectStatus(await audit({ key: t.h.operatorKey }, { batch: batch.id }, headers), 201);
    expect(expectStatus(await audit({ key: t.h.operatorKey }, { batch: batch.id }, headers), 201)).toEqual(
      first,
    );
  });

  it("finds no break in records written while it runs", async () => {
    const storing = { kind: "storing", at: at(10), subjects: [positions(batch, 150)] };
    const opened = { kind: "packing", at: at(10), subjects: [positions(batch, 170)], into: sscc(9) };
    const [whole, narrow] = await Promise.all([
      audit(t.officer, { ledger: true }),
      audit(t.officer, { batch: batch.id }),
      tell(t, t.maker, opened),
      ...Array.from({ length: 5 }, () => tell(t, t.maker, storing)),
    ]);
    for (const answer of [whole, narrow]) expect(expectStatus(answer, 201).breaks).toEqual([]);
  });

  it("reports its progress to the end, never backwards", async () => {
    const { store } = t.h.service;
    const steps: number[] = [];
    const totals = new Set<number>();
    const progress = (done: number, total: number): void => {
      steps.push(done);
      totals.add(total);
    };
    await auditLedger({ store, key: logKey(t.h.service), platform: nodePlatform, progress });
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect([...totals]).toEqual([steps.at(-1)]);
    // It works in short turns: a scan waits for one turn at most.
    expect(steps.length).toBeGreaterThan(store.ledger.size() / 16);
  });

  it("finds no break in a batch that is issued and reported on while it runs", async () => {
    const { store, keyring } = t.h.service;
    let started: Promise<void> | undefined;
    const trade = async (): Promise<void> => {
      const late = await issue(t, LATE);
      await told(t, t.maker, { kind: "commissioning", at: at(10), subjects: [{ batch: late.id }] });
      await told(t, t.maker, { kind: "storing", at: at(11), subjects: [positions(late, 3)] });
    };
    const counted = async (): Promise<void> => {
      started ??= trade();
      await started;
      await nodePlatform.yield();
    };
    const platform = { ...nodePlatform, yield: counted };
    const commitments = new Commitments(store, keyring, nodePlatform);
    const result = await auditLedger({ store, key: logKey(t.h.service), platform, commitments });
    expect(started).toBeDefined();
    expect(result.breaks).toEqual([]);
    expect(store.ledger.size()).toBeGreaterThan(result.size);
  });
});

/** A copy of the store with one thing changed, audited with the log's key and the epochs' secrets. */
async function auditedCopy(change: (db: Sqlite.Database) => void): Promise<AuditResult> {
  const file = join(folder, "copy.db");
  await t.h.binding.backup(file);
  try {
    const db = new Sqlite(file);
    change(db);
    db.close();
    const binding = openSqliteCopy(file);
    try {
      const store = openStore(binding);
      const commitments = new Commitments(store, t.h.service.keyring, nodePlatform);
      return await auditLedger({ store, key: logKey(t.h.service), platform: nodePlatform, commitments });
    } finally {
      binding.close();
    }
  } finally {
    rmSync(file, { force: true });
  }
}

function bytesOf(db: Sqlite.Database, place: number): Buffer {
  return (db.prepare(`SELECT bytes FROM record WHERE "index" = ?`).get(place) as { bytes: Buffer }).bytes;
}

function put(db: Sqlite.Database, place: number, bytes: Uint8Array): void {
  db.prepare(`UPDATE record SET bytes = ? WHERE "index" = ?`).run(Buffer.from(bytes), place);
}

/** Rewrites a record with its leaf, as an attacker who knows the format would. */
function rewrite(db: Sqlite.Database, place: number, change: (record: LedgerRecord) => void): void {
  const record = JSON.parse(bytesOf(db, place).toString()) as LedgerRecord;
  change(record);
  const bytes = canonicalBytes(record);
  put(db, place, bytes);
  const leaf = Buffer.from(leafHash(entryOf(bytes, record.chains)));
  db.prepare(`UPDATE record SET leaf = ? WHERE "index" = ?`).run(leaf, place);
}

function run(sql: string, ...values: unknown[]): (db: Sqlite.Database) => void {
  return (db) => expect(db.prepare(sql).run(...values).changes, sql).toBeGreaterThan(0);
}

const chainOf = (of: string) => t.h.service.store.ledger.chain(of)!.id;
const nodeAt = (place: number, kind: "node" | "unit") =>
  (
    JSON.parse(new TextDecoder().decode(t.h.service.store.ledger.record(place)!.bytes)) as LedgerRecord
  ).chains.find(({ of }) => of.startsWith(kind))!.of;
const start = () => t.h.service.register.get(batch.id)!.start;
const FLIPPED = Buffer.alloc(32, 1);

describe("an audit of a store with one thing changed", () => {
  it("finds no break if nothing was changed", async () => {
    expect(await auditedCopy(() => undefined)).toMatchObject({
      ok: true,
      breaks: [],
      batches: 2,
      codes: CODES + LATE,
    });
  });

  const CASES: [string, () => (db: Sqlite.Database) => void, string, () => string | RegExp][] = [
    [
      "one byte of a record",
      () => (db) => {
        const bytes = bytesOf(db, index["shipping"]!);
        const place = bytes.indexOf(`"${t.importer.id}"`) + 8;
        bytes[place] = bytes[place]! ^ 1;
        put(db, index["shipping"]!, bytes);
      },
      "leaf",
      () => `record ${index["shipping"]}`,
    ],
    [
      "one byte that makes it no record",
      () => (db) => put(db, index["shipping"]!, bytesOf(db, index["shipping"]!).fill(0, 0, 1)),
      "record",
      () => `record ${index["shipping"]}`,
    ],
    [
      "a record's content, in canonical form, with its leaf",
      () => (db) =>
        rewrite(db, index["final"]!, ({ statement }) => (statement.public["fields"] = { price: "1" })),
      "root",
      () => /^checkpoint of/,
    ],
    [
      "a record's content under a kept hash of the log's tree",
      () => (db) =>
        rewrite(db, index["selling"]!, ({ statement }) => (statement.public["fields"] = { price: "1" })),
      "tree",
      () => "node 8/0",
    ],
    [
      "a record's content that the next of its chain names",
      () => (db) =>
        rewrite(db, index["shipping"]!, ({ statement }) => (statement.public["fields"] = { price: "1" })),
      "chain",
      () => `record ${index["accepting"]}, prev in ${nodeAt(index["shipping"]!, "unit")}`,
    ],
    [
      "a record's time",
      () => (db) =>
        rewrite(db, index["selling"]!, ({ statement }) => (statement.at = "2026-11-01T00:30:00.000Z")),
      "derived",
      () => `record ${index["selling"]}, at`,
    ],
    [
      "a leaf",
      () => run(`UPDATE record SET leaf = ? WHERE "index" = ?`, FLIPPED, index["selling"]),
      "leaf",
      () => `record ${index["selling"]}`,
    ],
    [
      "two records' places",
      () => (db) => {
        const [a, b] = [index["selling"]!, index["accepting"]!];
        const swap = db.prepare(`UPDATE record SET "index" = ? WHERE "index" = ?`);
        for (const [to, from] of [
          [-1, a],
          [a, b],
          [b, -1],
        ] as const)
          swap.run(to, from);
      },
      "derived",
      () => `record ${index["accepting"]}, kind`,
    ],
    [
      "the last record away",
      () => run(`DELETE FROM record WHERE "index" = (SELECT max("index") FROM record)`),
      "checkpoint",
      () => "records under the checkpoint",
    ],
    [
      "a record in the middle away",
      () => run(`DELETE FROM record WHERE "index" = ?`, index["selling"]),
      "missing",
      () => `record ${index["selling"]}`,
    ],
    [
      "a link away",
      () => run(`DELETE FROM link WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, link in ${nodeAt(index["selling"]!, "node")}`,
    ],
    [
      "a link's time",
      () => run(`UPDATE link SET at = 0 WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, link in ${nodeAt(index["selling"]!, "node")}`,
    ],
    [
      "a link's part",
      () => run(`UPDATE link SET part = 3 WHERE "index" = ?`, index["selling"]),
      "derived",
      () => new RegExp(`^record ${index["selling"]}, link`),
    ],
    [
      "a link's move",
      () => run(`UPDATE link SET move = 0 WHERE "index" = ?`, index["emptying"]),
      "derived",
      () => new RegExp(`^record ${index["emptying"]}, link`),
    ],
    [
      "an event's kind",
      () => run(`UPDATE event SET kind = 'storing' WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, kind`,
    ],
    [
      "an event's time",
      () => run(`UPDATE event SET at = at + 1 WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, at`,
    ],
    [
      "an event's reporter",
      () => run(`UPDATE event SET organisation = 'ent_x' WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, organisation`,
    ],
    [
      "an event's id",
      () => run(`UPDATE event SET statement = 'x' WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, statement`,
    ],
    [
      "the next holder",
      () => run(`UPDATE event SET "to" = 'ent_x' WHERE "index" = ?`, index["shipping"]),
      "derived",
      () => `record ${index["shipping"]}, to`,
    ],
    [
      "the carrier",
      () => run(`UPDATE event SET carrier = NULL WHERE "index" = ?`, index["shipping"]),
      "derived",
      () => `record ${index["shipping"]}, carrier`,
    ],
    [
      "the unit moved into",
      () => run(`UPDATE event SET unit = NULL WHERE "index" = ?`, index["packing"]),
      "derived",
      () => `record ${index["packing"]}, unit`,
    ],
    [
      "an event away",
      () => run(`DELETE FROM event WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}`,
    ],
    [
      "a correction undone",
      () => run(`UPDATE event SET "correctedBy" = NULL WHERE "index" = ?`, index["wrong"]),
      "derived",
      () => `record ${index["correcting"]}, corrected by`,
    ],
    [
      "a correction invented",
      () =>
        run(`UPDATE event SET "correctedBy" = ? WHERE "index" = ?`, index["correcting"], index["selling"]),
      "derived",
      () => `record ${index["selling"]}, corrected by`,
    ],
    [
      "a chain's head",
      () => run(`UPDATE chain SET head = ? WHERE id = ?`, FLIPPED, chainOf(`batch:${batch.id}`)),
      "chain",
      () => `batch:${batch.id}, head`,
    ],
    [
      "a chain's length",
      () => run(`UPDATE chain SET length = length - 1 WHERE id = ?`, chainOf(`batch:${batch.id}`)),
      "chain",
      () => `batch:${batch.id}, length`,
    ],
    [
      "a chain away",
      () => run(`DELETE FROM chain WHERE id = ?`, chainOf(`enterprise:${t.maker.id}`)),
      "derived",
      () => /, link in enterprise:/,
    ],
    [
      "a chain's name away",
      () => run(`DELETE FROM chain_name WHERE of = ?`, `enterprise:${t.maker.id}`),
      "derived",
      () => /, link in enterprise:/,
    ],
    [
      "a chain's name put onto another chain",
      () =>
        run(
          `UPDATE chain_name SET chain = ? WHERE of = ?`,
          chainOf(`batch:${batch.id}`),
          `enterprise:${t.maker.id}`,
        ),
      "derived",
      () => /, link in enterprise:/,
    ],
    [
      "a chain that no record names, under no name",
      () => run(`INSERT INTO chain (id, "of", length) VALUES (1000000, 'batch:bat_other', 0)`),
      "derived",
      () => "batch:bat_other, name",
    ],
    [
      "a node away",
      () => run(`DELETE FROM node WHERE start = ?`, start() + 4),
      "derived",
      () => new RegExp(`^record ${index["selling"]}, link`),
    ],
    [
      "a node put where it is not",
      () =>
        run(
          `INSERT INTO node (start, level, chain) SELECT ?, 0, chain FROM node WHERE start = ?`,
          start() + 51,
          start() + 4,
        ),
      "derived",
      () => "nodes with a chain",
    ],
    [
      "a node put onto a chain that there is not",
      () => run(`INSERT INTO node (start, level, chain) VALUES (?, 0, 1000000)`, start() + 51),
      "derived",
      () => `batch ${batch.id}, chain 1000000 of a node`,
    ],
    [
      "a unit's number",
      () => run(`UPDATE unit SET id = ? WHERE id = ?`, sscc(77), sscc(2)),
      "derived",
      () => `${nodeAt(index["shipping"]!, "unit")}, unit`,
    ],
    [
      "levels that the trace reads",
      () => run(`UPDATE batch SET "chainLevels" = 0`),
      "derived",
      () => `batch ${batch.id}, levels with chains`,
    ],
    [
      "a hash of the log's tree",
      () => run(`UPDATE tree_hash SET hash = ?`, FLIPPED),
      "tree",
      () => "node 8/0",
    ],
    [
      "the checkpoint",
      () => run(`UPDATE checkpoint SET note = replace(note, 'trace', 'tracf')`),
      "checkpoint",
      () => "checkpoint",
    ],
    [
      "a hash of a batch's tree",
      () => run(`UPDATE batch_hash SET hashes = ?`, FLIPPED),
      "commitment",
      () => `batch ${batch.id}, hashes 8/0`,
    ],
    [
      "a batch's root",
      () => run(`UPDATE batch SET root = ?`, FLIPPED),
      "commitment",
      () => `batch ${batch.id}, stored root`,
    ],
    [
      "a batch's owner",
      () => run(`UPDATE batch SET organisation = ?`, t.stranger.id),
      "derived",
      () => /enterprise of batch/,
    ],
    ["a batch's size", () => run(`UPDATE batch SET quantity = 299`), "derived", () => /count of batch/],
    [
      "a batch's span",
      () => run(`UPDATE batch SET start = start + 4096`),
      "derived",
      () => new RegExp(`^record ${index["commissioning"]}, link`),
    ],
    [
      "a sealed field's text",
      () =>
        run(
          `UPDATE disclosure SET text = text || 'A' WHERE "index" = ? AND tier = 'owner'`,
          index["shipping"],
        ),
      "disclosure",
      () => `record ${index["shipping"]}`,
    ],
    [
      "a sealed field of another record",
      () =>
        run(
          `UPDATE disclosure SET "index" = ? WHERE "index" = ? AND tier = 'owner'`,
          index["selling"],
          index["shipping"],
        ),
      "disclosure",
      () => `record ${index["selling"]}`,
    ],
    [
      "the status of codes",
      () => run(`UPDATE code_state SET status = 'active' WHERE status = 'sold'`),
      "derived",
      () => `batch ${batch.id}, status of positions 4 to 7`,
    ],
    [
      "where a status ends",
      () => run(`UPDATE code_state SET "end" = "end" - 1 WHERE status = 'sold'`),
      "derived",
      () => `batch ${batch.id}, status of positions 4 to 7`,
    ],
    [
      "a status away",
      () => run(`DELETE FROM code_state WHERE status = 'sold'`),
      "derived",
      () => `batch ${batch.id}, status of positions 4 to 7`,
    ],
    [
      "a recall's codes",
      () => run(`UPDATE recall_range SET "end" = "end" - 1`),
      "derived",
      () => /^recall rec_.*, codes$/,
    ],
    [
      "a recall's codes away",
      () => run(`DELETE FROM recall_range`),
      "derived",
      () => /^recall rec_.*, codes$/,
    ],
    [
      "a recall's being out",
      () => run(`UPDATE recall SET status = 'lifted'`),
      "derived",
      () => /^recall rec_.*, status$/,
    ],
    ["a recall away", () => run(`DELETE FROM recall`), "derived", () => /^recall rec_/],
  ];

  it.each(CASES)(
    "%s: names the place, what was expected and what was found",
    async (_what, change, rule, place) => {
      const { ok, breaks } = await auditedCopy(change());
      expect(ok).toBe(false);
      const [first] = breaks;
      const wanted = place();
      expect(first).toMatchObject({
        rule,
        at: typeof wanted === "string" ? wanted : expect.stringMatching(wanted),
      });
      expect(first!.expected).not.toBe(first!.found);
      expect(breaks.length).toBeLessThanOrEqual(20);
    },
  );

  it("does not count an erased sealed field as a break: the record is valid without it", async () => {
    const erased = run(`DELETE FROM disclosure WHERE "index" = ?`, index["shipping"]);
    expect(await auditedCopy(erased)).toMatchObject({ ok: true });
  });

  it("is not opened by the service if records are missing", async () => {
    const other = mkdtempSync(join(tmpdir(), "suyuan-audit-"));
    try {
      const lost = await openTrade(makeHarness({}, other));
      await lost.h.dispose();
      copyFileSync(join(other, "suyuan.db"), join(other, "kept.db"));
      const db = new Sqlite(join(other, "suyuan.db"));
      run(`DELETE FROM record WHERE "index" = (SELECT max("index") FROM record)`)(db);
      db.close();
      expect(() => makeHarness({}, other)).toThrow(StoreRefused);
      copyFileSync(join(other, "kept.db"), join(other, "suyuan.db"));
      await makeHarness({}, other).dispose();
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

describe("an audit of the running service", () => {
  it("finds a changed status for its code, batch and enterprise, and is recorded as failed", async () => {
    expect(await verdict(t, batch.codes[5]!)).toBe("genuine");
    const db = new Sqlite(join(folder, "suyuan.db"));
    run(`UPDATE code_state SET status = 'void' WHERE status = 'sold'`)(db);
    for (const scope of [{ code: batch.codes[5] }, { batch: batch.id }, { enterprise: t.maker.id }]) {
      const view = expectStatus(await audit(t.officer, scope), 201);
      expect(view).toMatchObject({
        ok: false,
        breaks: [{ rule: "derived", expected: "sold", found: "void" }],
      });
      const { json } = await t.h.call("GET", `/v1/records/${view.record}`, { key: t.officer.key });
      expect(json.statement.public).toMatchObject({ ok: false, breaks: 1 });
    }
    expect(expectStatus(await audit(t.officer, { code: batch.codes[50] }), 201).ok).toBe(true);
    run(`UPDATE code_state SET status = 'sold' WHERE status = 'void'`)(db);
    db.close();
    expect(expectStatus(await audit(t.officer, { ledger: true }), 201)).toMatchObject({
      ok: true,
      breaks: [],
    });
  });
});
