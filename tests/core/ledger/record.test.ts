import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainTag, namedChain, nodeChain, unitChain } from "../../../src/core/ledger/chain.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { decodeEntry, encodeEntry, entryOf, MAX_CHAINS } from "../../../src/core/ledger/entry.ts";
import {
  decodeRecord,
  encodeRecord,
  encodeSignature,
  type LedgerRecord,
  RecordError,
  recordDigest,
  signedMessage,
  verifyStatement,
} from "../../../src/core/ledger/record.ts";

const RECORD: LedgerRecord = {
  v: 1,
  recorded: "2026-11-01T00:00:00.000Z",
  chains: [
    { of: "batch:bat_1", n: 0, prev: null },
    { of: "node:00", n: 3, prev: "ab".repeat(32) },
  ],
  statement: {
    kind: "packing",
    id: "1",
    at: "2026-11-01T08:00:00+08:00",
    actor: { organisation: "ent_a", by: "key_1" },
    subjects: [
      { batch: "bat_1", segments: [[0, 24]] },
      { unit: "cd".repeat(32), as: "parent" },
    ],
    public: { place: { country: "NZ" } },
    sealed: ["A", "B"],
  },
};

function changed(change: (record: LedgerRecord) => void): LedgerRecord {
  const record = structuredClone(RECORD);
  change(record);
  return record;
}

describe("a record's bytes", () => {
  it("are canonical JSON, read back exactly", () => {
    const bytes = encodeRecord(RECORD);
    expect(decodeRecord(bytes)).toEqual(RECORD);
    expect(encodeRecord(decodeRecord(bytes))).toEqual(bytes);
    expect(new TextDecoder().decode(bytes)).toMatch(
      /^\{"chains":\[\{"n":0,"of":"batch:bat_1","prev":null\},/,
    );
  });

  it("are refused in any other spelling", () => {
    const text = new TextDecoder().decode(encodeRecord(RECORD));
    const spellings = [
      ` ${text}`,
      `${text}\n`,
      text.replace('"n":3', '"n":3.0'),
      text.replace('"v":1', '"v":1,"v":1'),
      text.replace('"NZ"', '"\\u004eZ"'),
      JSON.stringify(RECORD),
    ];
    for (const spelling of spellings)
      expect(() => decodeRecord(new TextEncoder().encode(spelling)), spelling).toThrow(RecordError);
  });

  it.each<[string, (record: LedgerRecord) => void]>([
    ["version", (r) => (r.v = 2 as 1)],
    ["recorded", (r) => (r.recorded = "2026-11-01T00:00:00Z")],
    ["recorded", (r) => (r.recorded = "2026-11-01T08:00:00.000+08:00")],
    ["chains", (r) => (r.chains = [])],
    ["chains", (r) => (r.chains = r.chains.toReversed())],
    ["chains", (r) => (r.chains[1] = { ...r.chains[0]! })],
    ["chains", (r) => (r.chains[0]!.prev = "ab".repeat(32))],
    ["chains", (r) => (r.chains[1]!.prev = null)],
    ["chains", (r) => (r.chains[1]!.prev = "AB".repeat(32))],
    ["chains", (r) => (r.chains[1]!.n = 2 ** 32)],
    ["statement", (r) => (r.statement.at = "2026-11-01T08:00:00")],
    ["statement", (r) => (r.statement.at = "2026-13-01T08:00:00Z")],
    ["statement", (r) => (r.statement.kind = "")],
    ["statement", (r) => (r.statement.subjects = [])],
    ["statement", (r) => (r.statement.sealed = ["B", "A"])],
    ["statement", (r) => (r.statement.sealed = ["A", "A"])],
    ["segments", (r) => (r.statement.subjects = [{ batch: "b", segments: [[4, 4]] }])],
    [
      "segments",
      (r) =>
        (r.statement.subjects = [
          {
            batch: "b",
            segments: [
              [0, 4],
              [4, 8],
            ],
          },
        ]),
    ],
    [
      "segments",
      (r) =>
        (r.statement.subjects = [
          {
            batch: "b",
            segments: [
              [8, 9],
              [0, 4],
            ],
          },
        ]),
    ],
    ["fields", (r) => Object.assign(r, { extra: 1 })],
    ["fields", (r) => Object.assign(r.statement, { extra: 1 })],
    ["fields", (r) => Object.assign(r.statement.actor, { name: "A" })],
    ["signature", (r) => (r.signature = { key: "", value: "" })],
  ])("are refused if they break the rule on %s", (rule, change) => {
    let error: unknown;
    try {
      encodeRecord(changed(change));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RecordError);
    expect((error as RecordError).rule).toBe(rule);
  });

  it("hold no fractions, which two machines can print differently", () => {
    expect(() => encodeRecord(changed((r) => (r.statement.public["weight"] = 1.5)))).toThrow(/public/);
  });
});

describe("a statement's signature", () => {
  const signer = signerFromSeed(new Uint8Array(32).fill(7));
  const sign = (origin: string) =>
    encodeSignature(signer.publicKey, signer.sign(signedMessage(origin, RECORD.statement)));

  it("binds the statement to its log", () => {
    const signature = sign("a.example/log");
    expect(verifyStatement("a.example/log", RECORD.statement, signature)).toBe(true);
    expect(verifyStatement("b.example/log", RECORD.statement, signature)).toBe(false);
    const other = changed((r) => (r.statement.id = "2")).statement;
    expect(verifyStatement("a.example/log", other, signature)).toBe(false);
  });

  it("stays valid in a log that continues the records of its log", () => {
    const signature = sign("a.example/log");
    expect(verifyStatement("a.example/log/3", RECORD.statement, signature)).toBe(true);
    expect(verifyStatement("b.example/log/3", RECORD.statement, signature)).toBe(false);
    expect(verifyStatement("a.example/log", RECORD.statement, sign("a.example/log/2"))).toBe(false);
  });

  it("covers the domain, the origin and the canonical statement, each on its own line", () => {
    const text = new TextDecoder().decode(signedMessage("a.example/log", RECORD.statement));
    expect(text.split("\n").slice(0, 2)).toEqual(["suyuan/statement/v1", "a.example/log"]);
    expect(text.split("\n")).toHaveLength(3);
  });
});

describe("a log entry", () => {
  it("is the digest and the chains' places, and nothing else", () => {
    const bytes = encodeRecord(RECORD);
    const entry = entryOf(bytes, RECORD.chains);
    expect(entry.length).toBe(1 + 32 + 2 * 20);
    const { digest, chains } = decodeEntry(entry);
    expect(Buffer.from(digest).toString("hex")).toBe(recordDigest(bytes));
    expect(chains.map(({ n }) => n)).toEqual([0, 3]);
    expect(chains[0]!.tag).toEqual(chainTag("batch:bat_1"));
  });

  it("is read back as written, with any chains", () => {
    const chain = fc.record({
      tag: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      n: fc.integer({ min: 0, max: 0xffffffff }),
    });
    const entry = fc.record({
      digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      chains: fc.array(chain, { minLength: 1, maxLength: 50 }),
    });
    fc.assert(
      fc.property(entry, (one) => {
        expect(decodeEntry(encodeEntry(one))).toEqual(one);
      }),
    );
  });

  it("stays under 65,535 bytes with the most chains, and refuses one more", () => {
    const chains = Array.from({ length: MAX_CHAINS }, (_, n) => ({ tag: new Uint8Array(16), n }));
    const entry = { digest: new Uint8Array(32), chains };
    expect(encodeEntry(entry).length).toBeLessThanOrEqual(65_535);
    chains.push({ tag: new Uint8Array(16), n: 0 });
    expect(() => encodeEntry(entry)).toThrow(RangeError);
  });

  it.each([
    ["empty", new Uint8Array(0)],
    ["another version", Uint8Array.of(2, ...new Uint8Array(52))],
    ["no chain", Uint8Array.of(1, ...new Uint8Array(32))],
    ["half a chain", Uint8Array.of(1, ...new Uint8Array(42))],
  ])("is refused when it is %s", (_what, bytes) => {
    expect(() => decodeEntry(bytes)).toThrow(RangeError);
  });
});

describe("a chain's name", () => {
  it("is made of a node's hash, a salted unit, or a public id", () => {
    expect(nodeChain(new Uint8Array(32).fill(0xab))).toBe(`node:${"ab".repeat(32)}`);
    expect(namedChain("batch", "bat_1")).toBe("batch:bat_1");
    const one = unitChain(new Uint8Array(16), "sscc:395200010000000011");
    expect(one).toMatch(/^unit:[0-9a-f]{64}$/);
    expect(one).not.toBe(unitChain(new Uint8Array(16).fill(1), "sscc:395200010000000011"));
    expect(() => unitChain(new Uint8Array(15), "x")).toThrow(RangeError);
  });

  it("has a tag under a separate domain", () => {
    expect(Buffer.from(chainTag("batch:bat_1")).toString("hex")).toMatch(/^[0-9a-f]{32}$/);
    expect(chainTag("batch:bat_1")).not.toEqual(chainTag("batch:bat_2"));
  });
});
