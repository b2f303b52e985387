import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { bytes, kept, type Subject } from "./subject.ts";

/** The part of the contract about records, the log's tree, checkpoints, sealed fields and chains. */
export function ledgerContract(t: Subject): void {
  describe("ledger", () => {
    records(t);
    chains(t);
  });
}

const tree = ({ ledger }: Store) => [ledger.treeHash(8, 1), ledger.checkpoint(), ledger.published()];

function records(t: Subject): void {
  it("stores records with their leaves, in log order", async () => {
    expect(t.store.ledger.size()).toBe(0);
    expect(t.store.ledger.record(0)).toBeUndefined();
    t.store.transact(() => {
      for (const index of [0, 1, 2, 3]) t.store.ledger.addRecord(index, bytes(index), bytes(100 + index));
    });
    const record = await kept(t, ({ ledger }) => ledger.record(2));
    expect(record).toEqual({ index: 2, bytes: bytes(2), leaf: bytes(102) });
    expect(record?.bytes).toBeInstanceOf(Uint8Array);
    expect(t.store.ledger.records(1, 3)).toEqual([
      { index: 1, bytes: bytes(1), leaf: bytes(101) },
      { index: 2, bytes: bytes(2), leaf: bytes(102) },
    ]);
    expect(t.store.ledger.leaves(2, 9)).toEqual([bytes(102), bytes(103)]);
    expect(t.store.ledger.size()).toBe(4);
  });

  it("stores tree hashes and both checkpoints", async () => {
    expect(tree(t.store)).toEqual([undefined, undefined, undefined]);
    t.store.transact(() => {
      t.store.ledger.addTreeHash(8, 1, bytes(7));
      t.store.ledger.putCheckpoint(256, "older");
      t.store.ledger.putCheckpoint(512, "newest");
      t.store.ledger.putPublished(256, "cosigned");
    });
    const newest = { size: 512, note: "newest" };
    expect(await kept(t, tree)).toEqual([bytes(7), newest, { size: 256, note: "cosigned" }]);
    expect(t.store.ledger.treeHash(1, 8)).toBeUndefined();
    t.store.transact(() => t.store.ledger.dropPublished());
    expect(await kept(t, tree)).toEqual([bytes(7), newest, undefined]);
  });

  it("stores sealed fields, and erases one without the others", async () => {
    const fields = [
      { digest: "a", tier: "owner" as const, text: "first" },
      { digest: "b", tier: "authority" as const, text: "second" },
    ];
    t.store.transact(() => {
      for (const field of fields) t.store.ledger.addDisclosure(3, field);
      t.store.ledger.addDisclosure(4, { digest: "a", tier: "parties", text: "of another record" });
    });
    expect(await kept(t, ({ ledger }) => ledger.disclosures(3))).toEqual(fields);
    const erased = t.store.transact(() => [
      t.store.ledger.eraseDisclosure(3, "a"),
      t.store.ledger.eraseDisclosure(3, "a"),
    ]);
    expect(erased).toEqual([true, false]);
    expect(await kept(t, ({ ledger }) => ledger.disclosures(3))).toEqual(fields.slice(1));
    expect(t.store.ledger.disclosures(4)).toHaveLength(1);
  });
}

const lookups = ({ ledger: log, custody }: Store) => [
  log.chain("batch:bat_1"),
  log.chain("unit:ab"),
  log.chain("node:cd"),
  log.chainById(3),
  log.chainsAfter(1, 2),
  log.chainsAfter(1, 1),
  log.lastChain(),
  custody.chainName(3),
  custody.chainName(4),
];

function chains(t: Subject): void {
  const first = { id: 1, of: "batch:bat_1", length: 0, head: null };
  const second = { id: 2, of: "unit:ab", length: 1, head: bytes(2) };
  const third = { id: 3, of: "node:cd", length: 1, head: bytes(3) };

  it("numbers chains, and finds them by name, by number and in pages", async () => {
    const { ledger } = t.store;
    expect(ledger.lastChain()).toBe(0);
    const ids = t.store.transact(() => [
      ledger.addChain("batch:bat_1"),
      ledger.addChain("unit:ab", bytes(2)),
      ledger.addNodeChain("node:cd", bytes(3)),
    ]);
    expect(ids).toEqual([1, 2, 3]);
    const pages = [[second, third], [second]];
    expect(await kept(t, lookups)).toEqual([
      first,
      second,
      undefined,
      third,
      ...pages,
      3,
      "node:cd",
      undefined,
    ]);
  });

  it("advances a chain, and refuses a second one of the same name", async () => {
    t.store.transact(() => t.store.ledger.addChain("batch:bat_1"));
    t.store.transact(() => t.store.ledger.advanceChain(1, 5, bytes(9)));
    expect(await kept(t, ({ ledger }) => ledger.chain("batch:bat_1"))).toEqual({
      ...first,
      length: 5,
      head: bytes(9),
    });
    expect(() => t.store.transact(() => t.store.ledger.addChain("batch:bat_1"))).toThrow();
  });

  it("uses a chain's number once, even when the chain is undone", () => {
    const { ledger } = t.store;
    const failing = (): void =>
      t.store.transact(() => {
        ledger.addChain("batch:bat_1");
        throw new RangeError("refused");
      });
    expect(failing).toThrow("refused");
    expect(t.store.transact(() => ledger.addChain("batch:bat_1"))).toBe(2);
    expect(ledger.lastChain()).toBe(2);
  });
}
