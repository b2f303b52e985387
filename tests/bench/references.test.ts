import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../bench/process.ts";
import { openPlain } from "../../bench/reference/plain-store.ts";
import { entryOf } from "../../src/core/ledger/entry.ts";
import { leafHash } from "../../src/core/ledger/merkle.ts";
import { decodeRecord, recordDigest } from "../../src/core/ledger/record.ts";
import { recordOnFloor } from "../../bench/reference/floor.ts";
import { hashAll } from "../../bench/reference/raw-hash.ts";
import { insertGroups } from "../../bench/reference/raw-sqlite.ts";

interface Row {
  bytes: Buffer;
  leaf: Buffer;
}

const sale = (first: number) => ({
  kind: "selling",
  at: "2026-11-01T00:00:00Z",
  subjects: [{ batch: "bat_a", first, last: first }],
});
const nodeOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "suyuan-bench-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the references", () => {
  it("(a) and (b) answer with a body of the requested length", async () => {
    for (const file of ["node-http", "hono"]) {
      const server = await startServer([`bench/reference/${file}.ts`, "--bytes", "526"]);
      const response = await fetch(`${server.url}/T/0000`);
      const text = await response.text();
      await server.stop();
      expect(response.status).toBe(200);
      expect(text).toHaveLength(526);
      expect(response.headers.get("Content-Type")).toContain("application/json");
    }
  });

  it("(c) keeps a row for each code and inserts one for each scan, over HTTP too", async () => {
    const file = join(folder, "plain.db");
    const plain = openPlain(file);
    const codes = plain.issue(5000);
    expect(new Set(codes).size).toBe(5000);
    expect(plain.codes()).toBe(5000);
    const code = codes[4321] as string;
    expect(plain.scan(code, new Date(1000))?.scans).toEqual({ count: 1, first: 1000 });
    expect(plain.scan(code, new Date(2000))?.scans).toEqual({ count: 2, first: 1000 });
    expect(plain.scan("0000000000000000", new Date())).toBeUndefined();
    expect(plain.scans()).toBe(2);
    plain.close();
    const server = await startServer(["bench/reference/plain.ts", "--file", file]);
    const answer = (await (await fetch(`${server.url}/01/09520001000010/21/${code}`)).json()) as {
      verdict: string;
      scans: { count: number };
    };
    await server.stop();
    expect(answer).toMatchObject({ verdict: "genuine", code, scans: { count: 3, first: 1000 } });
  });

  it("(f) keeps a canonical record of each event, and its leaf in the log's tree", () => {
    const file = join(folder, "floor.db");
    const calls = [[0, 1], [0]].map((codes) => JSON.stringify({ events: codes.map(sale) }));
    expect(recordOnFloor(file, calls, nodeOf)).toBeGreaterThan(0);
    const sqlite = new Sqlite(file, { readonly: true });
    const rows = sqlite.prepare('SELECT bytes, leaf FROM record ORDER BY "index"').all() as Row[];
    sqlite.close();
    const records = rows.map(({ bytes }) => decodeRecord(bytes));
    expect(records.map(({ chains: [link] }) => [link?.of, link?.n])).toEqual([
      [`node:${"00".repeat(32)}`, 0],
      [`node:${"01".repeat(32)}`, 0],
      [`node:${"00".repeat(32)}`, 1],
    ]);
    expect(records[2]?.chains[0]?.prev).toBe(recordDigest(rows[0]!.bytes));
    const leaves = rows.map(({ bytes }, i) => leafHash(entryOf(bytes, records[i]!.chains)));
    expect(rows.map(({ leaf }) => [...leaf])).toEqual(leaves.map((leaf) => [...leaf]));
  });

  it("(d) stores every byte it is given, in WAL with synchronous=FULL", () => {
    const file = join(folder, "raw.db");
    const groups = [[new Uint8Array([1, 2, 3]), new Uint8Array([4])], [new Uint8Array([5, 6])]];
    expect(insertGroups(file, groups)).toBeGreaterThan(0);
    const sqlite = new Sqlite(file, { readonly: true });
    const rows = sqlite.prepare("SELECT bytes FROM record ORDER BY n").all() as { bytes: Buffer }[];
    expect(rows.map(({ bytes }) => [...bytes])).toEqual([[1, 2, 3], [4], [5, 6]]);
    expect(sqlite.pragma("journal_mode", { simple: true })).toBe("wal");
    sqlite.close();
    expect(existsSync(file)).toBe(true);
  });

  it("(e) reads every record", () => {
    let read = 0;
    function* records(): Generator<Uint8Array> {
      for (; read < 10; read++) yield new Uint8Array(read);
    }
    expect(hashAll(records(), [3, 1])).toBeGreaterThan(0);
    expect(read).toBe(10);
  });
});
