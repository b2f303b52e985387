import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  type MockInstance,
  vi,
} from "vitest";
import { parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { parseNote } from "../../../src/core/ledger/note.ts";
import { verifyInclusion } from "../../../src/core/ledger/proof.ts";
import { parseTlogProof } from "../../../src/core/ledger/tlog-proof.ts";
import { nodePlatform } from "../../../src/node/platform.ts";
import { Sweep } from "../../../src/services/audit/sweep.ts";
import { Integrity } from "../../../src/services/integrity.ts";
import { leafOf } from "../../../src/services/ledger/checked-proof.ts";
import { administrationDraft } from "../../../src/services/ledger/statement.ts";
import { type Harness, makeHarness } from "../../harness.ts";

const RECORDS = 900;

/** A data folder with a log of some records, and the bytes of each. */
let original: string;
let folder: string;
let sound: Uint8Array[];
let h: Harness;
let errors: MockInstance<typeof console.error>;

beforeAll(async () => {
  original = mkdtempSync(join(tmpdir(), "suyuan-sweep-"));
  const first = makeHarness({}, original);
  const { service } = first;
  const caller = { role: "operator", organisation: "operator", key: "key_1" } as const;
  await service.writer.submit((tx) => {
    for (let i = 0; i < RECORDS; i++)
      tx.append(
        administrationDraft(
          {
            kind: "filing",
            caller,
            atMs: tx.nowMs,
            subject: { enterprise: "ent_1" },
            chains: ["enterprise:ent_1"],
            public: { i },
          },
          service.platform,
        ),
      );
    tx.store.service.addFile({ ...FILE, bytes: new Uint8Array([1]) });
  });
  sound = service.store.ledger.records(0, RECORDS).map(({ bytes }) => bytes);
  await first.dispose();
});
afterAll(() => rmSync(original, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-sweep-"));
  cpSync(original, folder, { recursive: true });
  chmodSync(join(folder, "keys"), 0o700);
  errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(async () => {
  await h.dispose();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** SHA-256 of the byte 1. */
const DIGEST = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a";
const FILE = {
  digest: DIGEST,
  mediaType: "text/plain",
  name: "a",
  organisation: "lab_1",
  sizeBytes: 1,
  at: 1,
};

/** Flips the lowest bit of the last byte of a blob, as a rotten disk does. */
function flip(table: string, column: string, where: string): void {
  const sqlite = new Sqlite(join(folder, "suyuan.db"));
  const row = sqlite.prepare(`SELECT ${column} AS blob FROM ${table} WHERE ${where}`).get() as {
    blob: Buffer;
  };
  row.blob[row.blob.length - 1]! ^= 1;
  expect(sqlite.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(row.blob).changes).toBe(1);
  sqlite.close();
}

/** A whole round of the sweep, and what it found. */
async function swept(): Promise<string> {
  const integrity = new Integrity(() => undefined);
  const { store } = h.service;
  const sweep = new Sweep({ store, integrity, platform: nodePlatform });
  const files = vi.spyOn(store.service, "fileAfter");
  sweep.hurry();
  await vi.waitUntil(() => files.mock.calls.some(([digest]) => digest === DIGEST), 20_000);
  await sweep.stop();
  return integrity.status().problem ?? "";
}

/** The indices whose receipt was answered. Each of these verifies with the record's own bytes. */
async function answered(indices: number[]): Promise<number[]> {
  const answers: number[] = [];
  for (const index of indices) {
    const { status, text, json } = await h.call("GET", `/v1/records/${index}/receipt`);
    if (status !== 200) {
      expect(json).toMatchObject({ status: 503, type: "/problems/damaged" });
      continue;
    }
    const { hashes, checkpoint } = parseTlogProof(text);
    const claim = { index, proof: hashes, ...parseCheckpoint(parseNote(checkpoint).text) };
    const leaf = leafOf(sound[index]!, nodePlatform.sha256);
    expect(() => verifyInclusion({ ...claim, leafHash: leaf })).not.toThrow();
    answers.push(index);
  }
  return answers;
}

const lines = (): string => errors.mock.calls.flat().join("\n");

const SOME = [0, 255, 256, 298, 299, 300, 301, 511, 512, 899];

describe("a sound store", () => {
  it("answers every proof, and a round of the sweep finds nothing", async () => {
    h = makeHarness({}, folder);
    expect(await answered(SOME)).toEqual(SOME);
    expect(await swept()).toBe("");
    expect(h.service.integrity.status()).toEqual({ ok: true });
    expect(errors).not.toHaveBeenCalled();
  });
});

describe("a flipped bit", () => {
  it.each([
    [
      "the leaf of record 300",
      "record",
      "leaf",
      '"index" = 300',
      /record 300: the stored hash is not that of its bytes/,
    ],
    ["the bytes of record 300", "record", "bytes", '"index" = 300', /record 300: /],
    [
      "a stored hash of the tree",
      "tree_hash",
      "hash",
      'level = 8 AND "index" = 1',
      /records 256 to 511: the stored hash/,
    ],
  ])(
    "in %s is in no proof that is answered, and the operator reads its place",
    async (_, table, column, where, place) => {
      h = makeHarness({}, folder);
      flip(table, column, where);
      const answers = await answered(SOME);
      expect(answers.length).toBeLessThan(SOME.length);
      // The first proof that failed started a round of the service's own sweep.
      await vi.waitUntil(() => place.test(lines().replaceAll(" is damaged: ", ": ")), 20_000);
      expect(lines()).toMatch(
        /the stored log is damaged: the proof of record \d+ under the checkpoint of 900 records/,
      );
      expect(h.service.integrity.status().problem).toMatch(place);
      expect(await swept()).toMatch(place);
    },
  );

  it("in a leaf is served neither as a tile nor in a bundle of proofs", async () => {
    flip("record", "leaf", '"index" = 300');
    h = makeHarness({}, folder);
    expect((await h.call("GET", "/log/tile/0/001")).status).toBe(503);
    expect((await h.call("GET", "/log/tile/0/000")).status).toBe(200);
  });

  it("in a stored hash stops the tiles that need it", async () => {
    h = makeHarness({}, folder);
    flip("tree_hash", "hash", 'level = 8 AND "index" = 1');
    for (const path of ["tile/1/000.p/3", "tile/0/000", "tile/entries/000"])
      expect((await h.call("GET", `/log/${path}`)).status).toBe(503);
  });

  it("in a file is found by the sweep", async () => {
    flip("file", "bytes", `digest = '${DIGEST}'`);
    h = makeHarness({}, folder);
    expect(await swept()).toMatch(new RegExp(`stored file ${DIGEST}: its bytes have the digest `));
  });

  it("is reported once, whatever a stranger asks for, and starts one fast round", async () => {
    flip("record", "leaf", '"index" = 300');
    h = makeHarness({}, folder);
    const reads = vi.spyOn(h.service.store.ledger, "records");
    const asked = Array.from({ length: 200 }, () => 301);
    expect(await answered(asked)).toEqual([]);
    await vi.waitUntil(() => h.service.integrity.status().problem?.includes("record 300:"), 20_000);
    expect(await answered(asked)).toEqual([]);
    const all = errors.mock.calls.flat().map(String);
    expect(all.filter((line) => line.includes("the stored log is damaged"))).toHaveLength(1);
    expect(all.filter((line) => line.includes("record 300 is damaged"))).toHaveLength(1);
    // One round of 900 records reads each once; the slow sweep may have checked its first step beside.
    const rows = reads.mock.results.flatMap(({ value }) => value as unknown[]).length;
    expect(rows).toBeLessThanOrEqual(RECORDS + 256);
  });
});

describe("the sweep", () => {
  it("does at most 256 records a step and 16 a turn, and one step for each pause", async () => {
    h = makeHarness({}, folder);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { store } = h.service;
      const reads = vi.spyOn(store.ledger, "records");
      const sweep = new Sweep({ store, integrity: new Integrity(() => undefined), platform: nodePlatform });
      sweep.start();
      const rows = (): number[] => reads.mock.results.map(({ value }) => (value as unknown[]).length);
      for (const step of [1, 2, 3]) {
        await vi.advanceTimersByTimeAsync(1000);
        await vi.waitFor(() => expect(rows()).toHaveLength(16 * step));
        expect(Math.max(...rows())).toBe(16);
      }
      await sweep.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});
