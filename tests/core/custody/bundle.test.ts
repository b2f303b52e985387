import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyBundle } from "../../../src/core/custody/verification.ts";
import { type Bundle, formatBundle, parseBundle } from "../../../src/core/ledger/bundle.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { ED25519, makeVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { ANONYMOUS, type Caller } from "../../../src/services/caller.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { sscc } from "../../world.ts";
import { acceptedChanges, BOX, type BundledTrade, bundledTrade, bytesOf, DAMAGED } from "./bundled-trade.ts";

let harness: Harness;
let trade: BundledTrade;
let maker: Caller;
let importer: Caller;

const bundleFor = (position: number, reader: Caller): Promise<Bundle> => trade.bundleFor(position, reader);
const verify = (bytes: Uint8Array) => verifyBundle(parseBundle(bytes), logKey(harness.service));

beforeAll(async () => {
  harness = makeHarness();
  trade = await bundledTrade(harness);
  ({ maker, importer } = trade);
});
afterAll(() => harness.dispose());

describe("a trace bundle", () => {
  it("is verified with the file and the log's key alone, and gives the journey", async () => {
    const verified = verify(bytesOf(await bundleFor(3, importer)));
    expect(verified.journey.steps.map(({ fact }) => fact.kind)).toEqual([
      "commissioning",
      "packing",
      "loading",
      "shipping",
      "accepting",
      "unloading",
    ]);
    expect(verified.state.holder).toBe("ent_importer");
    expect(verified.batch).toMatchObject({ id: "B", position: 3, count: 300 });
    expect(verified.names.get("ent_maker")).toEqual({ en: "Maker" });
    // The container carried a stranger's goods afterwards: those records are not shown, so this is not all.
    expect(verified.notShown).toEqual([expect.stringContaining("2 records of shared units")]);
  });

  it("carries no other party's data", async () => {
    const text = formatBundle(await bundleFor(3, importer));
    expect(text).not.toContain("secret");
    expect(text).not.toContain("ent_other");
    expect((await bundleFor(3, importer)).entries).toHaveLength(2);
  });

  it("opens sealed fields for their readers, and hides units' numbers from the public", async () => {
    const numbers = async (reader: Caller): Promise<string[]> =>
      [...verify(bytesOf(await bundleFor(3, reader))).disclosed.values()].flat().map(({ name }) => name);
    expect((await numbers(maker)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["document/0", "price"]);
    expect(await numbers(importer)).toEqual(["document/0"]);
    expect(await numbers(ANONYMOUS)).toEqual([]);
    expect(
      (await bundleFor(3, ANONYMOUS)).units.every(({ id, salt }) => id === undefined && salt === undefined),
    ).toBe(true);
    expect((await bundleFor(3, maker)).units.map(({ id }) => id)).toEqual([sscc(1), BOX]);
  });

  it("has one spelling: parsing and formatting are exact inverses", async () => {
    const bytes = bytesOf(await bundleFor(3, maker));
    expect(new TextEncoder().encode(`${formatBundle(parseBundle(bytes))}\n`)).toEqual(bytes);
  });

  // bundle-bytes.slow.test.ts changes every byte.
  it.each(DAMAGED)("is refused with one byte in 23 changed: $whose", async ({ owner, from }) => {
    const bytes = bytesOf(await bundleFor(0, owner ? maker : ANONYMOUS));
    expect(acceptedChanges(bytes, from, 23, verify)).toEqual([]);
  });

  it("is refused with a record, an entry or a chain missing or replaced by another's", async () => {
    const bundle = await bundleFor(3, maker);
    const neighbour = await bundleFor(4, maker);
    const changes: [string, (b: Bundle) => void][] = [
      ["a record is left out", (b) => b.records.splice(5, 1)],
      ["an entry is left out", (b) => b.entries.pop()],
      ["the last chain is not listed", (b) => b.chains.pop()],
      ["a chain is cut", (b) => (b.chains.find(({ length }) => length > 1)!.length -= 1)],
      ["a unit is not told", (b) => b.units.pop()],
      ["a unit is told twice", (b) => b.units.push(b.units[0]!)],
      ["a unit's number is without its salt", (b) => delete b.units[0]!.salt],
      ["a chain is listed twice", (b) => b.chains.push(b.chains[0]!)],
      ["a record is moved", (b) => (b.records[4]!.index += 1)],
      ["the position is the neighbour's", (b) => (b.batch.position += 1)],
      ["another batch is named", (b) => (b.batch.id = "X")],
      ["the code is the neighbour's", (b) => (b.code = neighbour.code)],
      [
        "a sealed field of another record",
        (b) =>
          b.records[0]!.disclosures.push(
            b.records.find(({ disclosures }) => disclosures.length > 0)!.disclosures[0]!,
          ),
      ],
      ["another unit's number", (b) => (b.units[0]!.id = sscc(2))],
      ["a shorter proof", (b) => b.proof.pop()],
      ["a longer proof", (b) => b.proof.push(b.proof[0]!)],
    ];
    for (const [what, change] of changes) {
      const changed = structuredClone(bundle);
      change(changed);
      expect(() => verify(bytesOf(changed)), what).toThrow();
    }
    expect(() => verify(bytesOf(bundle))).not.toThrow();
  });

  it("is refused under another ledger's key", async () => {
    const other = makeVerifierKey(
      harness.service.identity.origin,
      ED25519,
      signerFromSeed(new Uint8Array(32)).publicKey,
    );
    const bundle = await bundleFor(3, maker);
    expect(() => verifyBundle(bundle, other)).toThrow(/no trusted|verif/i);
  });

  it("shows nodes without a chain as empty", async () => {
    const verified = verify(bytesOf(await bundleFor(299, ANONYMOUS)));
    expect(verified.journey.steps.map(({ fact }) => fact.kind)).toEqual(["commissioning"]);
    expect(verified.state.status).toBe("active");
  });
});
