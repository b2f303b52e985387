import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
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
import { openStore, type Store } from "../../src/store/store.ts";
import { makeHarness } from "../harness.ts";
import {
  blockBytes,
  chainBytes,
  listBytes,
  type PackedChain,
  type PackedRow,
  pageBytes,
  readBlock,
  readChain,
  readList,
  readPage,
} from "../packed.ts";
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
  await t.h.service.writer.writeDerived();
  await t.h.binding.backup(file);
  try {
    const db = new Sqlite(file);
    change(db);
    db.close();
    const binding = openSqliteCopy(file);
    try {
      const store = openStore(binding);
      requireReadable(store);
      const commitments = new Commitments(store, t.h.service.keyring, nodePlatform);
      return await auditLedger({ store, key: logKey(t.h.service), platform: nodePlatform, commitments });
    } finally {
      binding.close();
    }
  } finally {
    rmSync(file, { force: true });
  }
}

/** Fails where reading the chains never ends, which would hold the audit, and this file, forever. */
function requireReadable({ custody: { chains } }: Store): void {
  const readAll = (): void => {
    for (const key of [...chains.nodesIn(0, 2 ** 48), ...chains.numbersAfter(Number.NEGATIVE_INFINITY, 1000)])
      chains.links(key);
  };
  try {
    runInNewContext("readAll()", { readAll }, { timeout: 3000 });
  } catch (error) {
    // Other errors are for the audit.
    if ((error as { code?: string }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
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

const chainOf = (of: string): number => t.h.service.store.custody.chainNamed(of)!;
/** Item keys to a page of chains. */
const PAGE_PLACES = 64;
const BLOCK_FACTS = 256;

/** Changes the chain of the node that starts at a position of the batch. It is taken away where `change` returns false. */
function ofNode(
  { position, level }: { position: number; level: number },
  change: (chain: PackedChain, db: Sqlite.Database) => void | false,
): (db: Sqlite.Database) => void {
  return (db) => {
    const key = start() + position;
    const number = Math.floor(key / PAGE_PLACES);
    const page = readPage(pageOf(db, number));
    const found = page.findIndex((one) => one.place === key % PAGE_PLACES && one.level === level);
    expect(found, `a chain of the node ${position}/${level}`).toBeGreaterThanOrEqual(0);
    if (change(page[found]!.chain, db) === false) page.splice(found, 1);
    putPage(db, number, pageBytes(page));
  };
}

function pageOf(db: Sqlite.Database, number: number): Buffer {
  return db.prepare("SELECT chains FROM chain_page WHERE number = ?").pluck().get(number) as Buffer;
}

function putPage(db: Sqlite.Database, number: number, bytes: Buffer): void {
  expect(bytes.equals(pageOf(db, number)), "the page is another one").toBe(false);
  run("UPDATE chain_page SET chains = ? WHERE number = ?", bytes, number)(db);
}

/** Changes the chain with a name. */
function ofNamed(
  of: string,
  change: (chain: PackedChain, db: Sqlite.Database) => void,
): (db: Sqlite.Database) => void {
  return (db) => {
    const number = chainOf(of);
    const bytes = db
      .prepare("SELECT chain FROM numbered_chain WHERE number = ?")
      .pluck()
      .get(number) as Buffer;
    const chain = readChain(bytes);
    change(chain, db);
    expect(chainBytes(chain).equals(bytes), "the chain is another one").toBe(false);
    run("UPDATE numbered_chain SET chain = ? WHERE number = ?", chainBytes(chain), number)(db);
  };
}

/** Changes the fact of a record on a chain. */
const fact =
  (name: string, change: (fact: PackedRow, db: Sqlite.Database) => void) =>
  (chain: PackedChain, db: Sqlite.Database): void => {
    const found = chain.facts.filter((one) => one.index === index[name]);
    expect(found).toHaveLength(1);
    change(found[0]!, db);
  };

/** The number of a text that the log has named. */
const term = (db: Sqlite.Database, text: string): number =>
  db.prepare("SELECT number FROM term WHERE text = ?").pluck().get(text) as number;

/** The nodes that the history extends: of codes 4 to 7, which are sold, of 0 to 15, which are packed, and of 150. */
const SOLD = { position: 4, level: 2 };
const PACKED = { position: 0, level: 4 };
const STORED = { position: 150, level: 0 };
/** The name of the unit's chain on which a record is. */
const unitOf = (name: string): string => nodeAt(index[name]!, "unit");
/** The finding of a record's place on a chain. */
const linkAt = (name: string, kind: "node" | "unit"): string =>
  `record ${index[name]}, link in ${nodeAt(index[name]!, kind)}`;
const anyLinkAt = (name: string): RegExp => new RegExp(`^record ${index[name]}, link in `);
const nodeAt = (place: number, kind: "node" | "unit") =>
  (
    JSON.parse(new TextDecoder().decode(t.h.service.store.ledger.record(place)!.bytes)) as LedgerRecord
  ).chains.find(({ of }) => of.startsWith(kind))!.of;
const start = () => t.h.service.register.get(batch.id)!.start;

/** Puts a chain, or a copy of that of another node, at a node that has none. */
function putNode(
  { position, level }: { position: number; level: number },
  from: { position: number; level: number } | PackedChain,
): (db: Sqlite.Database) => void {
  return (db) => {
    let chain = from as PackedChain;
    if ("position" in from) {
      const key = start() + from.position;
      const page = readPage(pageOf(db, Math.floor(key / PAGE_PLACES)));
      chain = page.find((one) => one.place === key % PAGE_PLACES && one.level === from.level)!.chain;
    }
    const key = start() + position;
    const number = Math.floor(key / PAGE_PLACES);
    const page = readPage(pageOf(db, number));
    putPage(db, number, pageBytes([...page, { place: key % PAGE_PLACES, level, chain }]));
  };
}

/** Changes the one full block that the history has. */
function ofBlock(change: (block: ReturnType<typeof readBlock>) => void): (db: Sqlite.Database) => void {
  return (db) => {
    const rows = db.prepare("SELECT facts FROM chain_block").pluck().all() as Buffer[];
    expect(rows).toHaveLength(1);
    const block = readBlock(rows[0]!);
    expect(block.facts).toHaveLength(BLOCK_FACTS);
    change(block);
    run("UPDATE chain_block SET facts = ?", blockBytes(block))(db);
  };
}

/** Changes the list of an organisation's records. */
function ofList(organisation: string, change: (list: number[]) => number[]): (db: Sqlite.Database) => void {
  return (db) => {
    const number = term(db, organisation);
    const read = db.prepare("SELECT records FROM organisation_page WHERE organisation = ?").pluck();
    const before = read.get(number) as Buffer;
    const after = listBytes(change(readList(before)));
    expect(after.equals(before)).toBe(false);
    run("UPDATE organisation_page SET records = ? WHERE organisation = ?", after, number)(db);
  };
}
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
      () => linkAt("selling", "node"),
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
      () => new RegExp(`^record ${index["accepting"]}, `),
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
      () => ofNode(SOLD, (chain) => void ((chain.count -= 1), chain.facts.pop())),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a link's time",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one) => (one.atMs = 0)),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a link's time by a millisecond, on a unit",
      () =>
        ofNamed(
          unitOf("emptying"),
          fact("emptying", (one) => (one.atMs += 1)),
        ),
      "derived",
      () => linkAt("emptying", "unit"),
    ],
    [
      "a link's part",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one) => (one.part = 3)),
        ),
      "derived",
      () => anyLinkAt("selling"),
    ],
    [
      "a link's move",
      () =>
        ofNamed(
          unitOf("emptying"),
          fact("emptying", (one) => (one.move = 0)),
        ),
      "derived",
      () => anyLinkAt("emptying"),
    ],
    [
      "a link's record",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one) => (one.index -= 1)),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "two links' order",
      () => ofNode(STORED, (chain) => void (chain.facts = chain.facts.toReversed())),
      "derived",
      () => /^record \d+, link in node:/,
    ],
    [
      "a fact's kind",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one, db) => (one.kind = term(db, "storing"))),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a fact's kind, so that it is none of custody",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one, db) => (one.kind = term(db, "filing"))),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a fact's kind, to a number that no text has",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one) => (one.kind = 1_000_000)),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a fact's reporter",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one, db) => (one.organisation = term(db, t.maker.id))),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a text that facts name",
      () => run(`UPDATE term SET text = 'sell' WHERE text = 'selling'`),
      "derived",
      () => anyLinkAt("selling"),
    ],
    [
      "two texts that facts name, one put for the other",
      () => (db) => {
        const [selling, voiding] = [term(db, "selling"), term(db, "voiding")];
        const rename = (text: string, number: number) =>
          run("UPDATE term SET text = ? WHERE number = ?", text, number)(db);
        rename("", selling);
        rename("selling", voiding);
        rename("voiding", selling);
      },
      "derived",
      () => anyLinkAt("selling"),
    ],
    [
      "a text away",
      () => run(`DELETE FROM term WHERE text = 'selling'`),
      "derived",
      () => anyLinkAt("selling"),
    ],
    [
      "a statement's look-up put onto another record",
      () => run(`UPDATE statement_at SET "index" = ? WHERE "index" = ?`, index["final"], index["selling"]),
      "derived",
      () => `record ${index["selling"]}, look-up by its statement`,
    ],
    [
      "a statement's hash",
      () => run(`UPDATE statement_at SET hash = hash + 1 WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, look-up by its statement`,
    ],
    [
      "a statement's look-up away",
      () => run(`DELETE FROM statement_at WHERE "index" = ?`, index["selling"]),
      "derived",
      () => `record ${index["selling"]}, look-up by its statement`,
    ],
    [
      "a record out of its reporter's list",
      () => ofList(t.importer.id, (list) => list.filter((one) => one !== index["selling"])),
      "derived",
      () => new RegExp(`${index["selling"]}|${t.importer.id}`),
    ],
    [
      "a record of another reporter in a list",
      () => ofList(t.importer.id, (list) => [...list, index["wrong"]!].sort((a, b) => a - b)),
      "derived",
      () => new RegExp(`${index["wrong"]}|${t.importer.id}`),
    ],
    [
      "a reporter's list away",
      () => (db) => run("DELETE FROM organisation_page WHERE organisation = ?", term(db, t.importer.id))(db),
      "derived",
      () => new RegExp(`record \\d+|${t.importer.id}`),
    ],
    [
      "the next holder, on a unit",
      () =>
        ofNamed(
          unitOf("shipping"),
          fact("shipping", (one, db) => (one.to = term(db, t.maker.id))),
        ),
      "derived",
      () => linkAt("shipping", "unit"),
    ],
    [
      "the next holder away",
      () =>
        ofNamed(
          unitOf("shipping"),
          fact("shipping", (one) => (one.to = 0)),
        ),
      "derived",
      () => linkAt("shipping", "unit"),
    ],
    [
      "the carrier",
      () =>
        ofNamed(
          unitOf("shipping"),
          fact("shipping", (one) => (one.carrier = 0)),
        ),
      "derived",
      () => linkAt("shipping", "unit"),
    ],
    [
      "a recall that a fact invents",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one) => (one.recall = 1)),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "the unit moved into",
      () =>
        ofNode(
          PACKED,
          fact("packing", (one) => (one.unit = chainOf(unitOf("emptying")))),
        ),
      "derived",
      () => linkAt("packing", "node"),
    ],
    [
      "the unit moved into away",
      () =>
        ofNode(
          PACKED,
          fact("packing", (one) => (one.unit = 0)),
        ),
      "derived",
      () => linkAt("packing", "node"),
    ],
    [
      "a correction undone",
      () => run(`DELETE FROM correction WHERE "index" = ?`, index["wrong"]),
      "derived",
      () => new RegExp(`^record (${index["wrong"]}|${index["correcting"]}), `),
    ],
    [
      "a correction undone on a chain",
      () =>
        ofNode(
          { position: 100, level: 0 },
          fact("wrong", (one) => (one.correctedBy = -1)),
        ),
      "derived",
      () => linkAt("wrong", "node"),
    ],
    [
      "a correction invented",
      () =>
        run(`INSERT INTO correction ("index", "by") VALUES (?, ?)`, index["selling"], index["correcting"]),
      "derived",
      () => `record ${index["selling"]}, corrected by`,
    ],
    [
      "a correction invented on a chain",
      () =>
        ofNode(
          SOLD,
          fact("selling", (one) => (one.correctedBy = index["correcting"]!)),
        ),
      "derived",
      () => linkAt("selling", "node"),
    ],
    [
      "a correction by another record",
      () => run(`UPDATE correction SET "by" = ? WHERE "index" = ?`, index["final"], index["wrong"]),
      "derived",
      () => new RegExp(`^record (${index["wrong"]}|${index["correcting"]}), `),
    ],
    [
      "a chain's last record away",
      () => ofNamed(`batch:${batch.id}`, (chain) => void ((chain.count -= 1), chain.facts.pop())),
      "derived",
      () => new RegExp(`, link in batch:${batch.id}$`),
    ],
    [
      "a chain's last record twice",
      () =>
        ofNamed(
          `batch:${batch.id}`,
          (chain) => void ((chain.count += 1), chain.facts.push(chain.facts.at(-1)!)),
        ),
      "derived",
      () => "records on named chains",
    ],
    [
      "a fact too many on a node, which its chain does not count",
      () => ofNode(SOLD, (chain) => void chain.facts.push(chain.facts.at(-1)!)),
      "derived",
      () => /node|chain/,
    ],
    [
      "a fact too many on a unit, which its chain does not count",
      () => ofNamed(unitOf("emptying"), (chain) => void chain.facts.push(chain.facts.at(-1)!)),
      "derived",
      () => /unit|chain/,
    ],
    [
      "a chain's count one too small",
      () => ofNamed(`batch:${batch.id}`, (chain) => void (chain.count -= 1)),
      "derived",
      () => /batch:|chain/,
    ],
    [
      "a chain's count one too great",
      () => ofNamed(`batch:${batch.id}`, (chain) => void (chain.count += 1)),
      "derived",
      () => /batch:|chain/,
    ],
    [
      "a node's count one too great, so that the next record would leave a gap",
      () => ofNode(SOLD, (chain) => void (chain.count += 1)),
      "derived",
      () => /node|chain/,
    ],
    [
      "a chain away",
      () => run(`DELETE FROM numbered_chain WHERE number = ?`, chainOf(`enterprise:${t.maker.id}`)),
      "derived",
      () => /, link in enterprise:/,
    ],
    [
      "a chain's name away",
      () => run(`DELETE FROM named_chain WHERE text = ?`, `enterprise:${t.maker.id}`),
      "derived",
      () => /, link in enterprise:/,
    ],
    [
      "a chain's name put onto another chain",
      () => (db) => {
        const [batchChain, own] = [chainOf(`batch:${batch.id}`), chainOf(`enterprise:${t.maker.id}`)];
        run("DELETE FROM named_chain WHERE number = ?", -batchChain)(db);
        run("UPDATE named_chain SET number = ? WHERE number = ?", -batchChain, -own)(db);
      },
      "derived",
      () => /, link in enterprise:/,
    ],
    [
      "a chain that no record names, with a copy of another chain",
      () => (db) => {
        run(`INSERT INTO named_chain (number, text) VALUES (1000000, 'batch:bat_other')`)(db);
        run(
          `INSERT INTO numbered_chain (number, latestWithin, chain) SELECT -1000000, 0, chain FROM numbered_chain
            WHERE number = ?`,
          chainOf(`batch:${batch.id}`),
        )(db);
      },
      "derived",
      () => /^records on named chains$|batch:bat_other/,
    ],
    [
      "a chain that no record names, under no name",
      () =>
        run(
          `INSERT INTO numbered_chain (number, latestWithin, chain) SELECT -1000000, 0, chain FROM numbered_chain
            WHERE number = ?`,
          chainOf(`batch:${batch.id}`),
        ),
      "derived",
      () => /^records on named chains$|1000000/,
    ],
    [
      "a name that no record has, without a chain",
      () => run(`INSERT INTO named_chain (number, text) VALUES (1000000, 'batch:bat_other')`),
      "derived",
      () => /batch:bat_other|named chains/,
    ],
    ["a node away", () => ofNode(SOLD, () => false), "derived", () => anyLinkAt("selling")],
    [
      "a page of nodes away",
      () => (db) =>
        run("DELETE FROM chain_page WHERE number = ?", Math.floor((start() + 4) / PAGE_PLACES))(db),
      "derived",
      () => /^record \d+, link in node:/,
    ],
    [
      "a page of nodes cut short",
      () => (db) =>
        putPage(
          db,
          Math.floor(start() / PAGE_PLACES),
          pageOf(db, Math.floor(start() / PAGE_PLACES)).subarray(0, -1),
        ),
      "derived",
      () => /node|page/,
    ],
    [
      "a page of nodes cut within a number",
      () => (db) => {
        const number = Math.floor((start() + 4) / PAGE_PLACES);
        const page = Buffer.from(pageOf(db, number));
        // The high bit says that the number goes on.
        page[page.length - 1] = page.at(-1)! | 128;
        putPage(db, number, page);
      },
      "derived",
      () => /node|page/,
    ],
    [
      "a chain cut within a number",
      () =>
        run(
          "UPDATE numbered_chain SET chain = ? WHERE number = ?",
          Buffer.from([0, 255]),
          chainOf(`batch:${batch.id}`),
        ),
      "derived",
      () => /batch:|chain/,
    ],
    [
      "a chain of no bytes",
      () => run("UPDATE numbered_chain SET chain = x'' WHERE number = ?", chainOf(`batch:${batch.id}`)),
      "derived",
      () => /, link in batch:/,
    ],
    [
      "a node put where it is not",
      () => putNode({ position: 51, level: 0 }, SOLD),
      "derived",
      () => "records on the chains of nodes",
    ],
    [
      "a node put at another level of its place",
      () => putNode({ position: 4, level: 1 }, SOLD),
      "derived",
      () => /^records on the chains of nodes$|levels with chains$/,
    ],
    [
      "a node with a chain without records",
      () => putNode({ position: 51, level: 0 }, { blocks: 0, count: 0, facts: [] }),
      "derived",
      () => /node|51/,
    ],
    [
      "a full block of a chain away",
      () => run("DELETE FROM chain_block"),
      "derived",
      () => /^record \d+, link in node:|chain/,
    ],
    [
      "a fact in a full block",
      () => ofBlock(({ facts }) => void (facts[7]!.atMs += 1)),
      "derived",
      () => /^record \d+, link in node:/,
    ],
    [
      "a fact out of a full block",
      () => ofBlock(({ facts }) => void facts.pop()),
      "derived",
      () => /^record \d+, link in node:/,
    ],
    [
      "a fact too many in a full block",
      () => ofBlock(({ facts }) => void facts.push(facts.at(-1)!)),
      "derived",
      () => /node|chain/,
    ],
    [
      "the times between which a full block is read",
      () => ofBlock((block) => void (block.maxMs = block.minMs - 1)),
      "derived",
      () => /node|chain|block/,
    ],
    [
      "a unit's number",
      () => run(`UPDATE unit SET id = ? WHERE id = ?`, sscc(77), sscc(2)),
      "derived",
      () => /^record \d+, link in unit:|, unit$/,
    ],
    [
      "a unit's salt",
      () => run(`UPDATE unit SET salt = ? WHERE id = ?`, Buffer.alloc(16, 1), sscc(2)),
      "derived",
      () => /^record \d+, link in unit:|, unit$/,
    ],
    [
      "the digits by which a unit is found",
      () => run(`UPDATE unit SET tag = tag + 1 WHERE id = ?`, sscc(2)),
      "derived",
      () => /^record \d+, (link in unit:|unit)/,
    ],
    [
      "a unit away",
      () => run(`DELETE FROM unit WHERE id = ?`, sscc(2)),
      "derived",
      () => /^record \d+, (link in unit:|unit)/,
    ],
    [
      "levels that the trace reads",
      () => run(`UPDATE batch_level SET levels = 0`),
      "derived",
      () => `batch ${batch.id}, levels with chains`,
    ],
    [
      "levels that the trace reads away",
      () => run(`DELETE FROM batch_level`),
      "derived",
      () => `batch ${batch.id}, levels with chains`,
    ],
    [
      "one level that the trace reads",
      () => run(`UPDATE batch_level SET levels = levels - 4 WHERE start = ?`, start()),
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

/** Changes the database while no service has it open: a running one has read much of it before. */
async function restarted(change: (db: Sqlite.Database) => void): Promise<void> {
  const { nowMs } = t.h.clock;
  await t.h.dispose();
  const db = new Sqlite(join(folder, "suyuan.db"));
  change(db);
  db.close();
  t.h = makeHarness({}, folder);
  t.h.clock.nowMs = nowMs;
}

describe("an audit of the running service", () => {
  it("finds a changed status for its code, batch and enterprise, and is recorded as failed", async () => {
    expect(await verdict(t, batch.codes[5]!)).toBe("genuine");
    await restarted(run(`UPDATE code_state SET status = 'void' WHERE status = 'sold'`));
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
    await restarted(run(`UPDATE code_state SET status = 'sold' WHERE status = 'void'`));
    expect(expectStatus(await audit(t.officer, { ledger: true }), 201)).toMatchObject({
      ok: true,
      breaks: [],
    });
  });

  it("finds a changed chain for its code, batch and enterprise", async () => {
    let before: Buffer = Buffer.alloc(0);
    const number = Math.floor((start() + 4) / PAGE_PLACES);
    await restarted((db) => {
      before = pageOf(db, number);
      ofNode(
        SOLD,
        fact("selling", (one) => (one.atMs -= 1)),
      )(db);
    });
    for (const scope of [
      { code: batch.codes[5] },
      { batch: batch.id },
      { enterprise: t.maker.id },
      { ledger: true },
    ]) {
      const view = expectStatus(await audit(t.officer, scope), 201);
      expect(view).toMatchObject({ ok: false, breaks: [{ rule: "derived", at: linkAt("selling", "node") }] });
    }
    expect(expectStatus(await audit(t.officer, { code: batch.codes[50] }), 201).ok).toBe(true);
    await restarted((db) => putPage(db, number, before));
    expect(expectStatus(await audit(t.officer, { ledger: true }), 201)).toMatchObject({
      ok: true,
      breaks: [],
    });
  });

  it("finds a place that a chain of its code, batch or enterprise lacks at its end", async () => {
    let before: Buffer = Buffer.alloc(0);
    const number = Math.floor((start() + 4) / PAGE_PLACES);
    await restarted((db) => {
      before = pageOf(db, number);
      ofNode(SOLD, (chain) => void ((chain.count -= 1), chain.facts.pop()))(db);
    });
    for (const scope of [{ ledger: true }, { batch: batch.id }, { enterprise: t.maker.id }])
      expect(expectStatus(await audit(t.officer, scope), 201).ok, JSON.stringify(scope)).toBe(false);
    await restarted((db) => putPage(db, number, before));
    expect(expectStatus(await audit(t.officer, { ledger: true }), 201)).toMatchObject({
      ok: true,
      breaks: [],
    });
  });
});
