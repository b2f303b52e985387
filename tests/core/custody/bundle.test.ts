import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyBundle } from "../../../src/core/custody/verification.ts";
import { type Bundle, formatBundle, parseBundle } from "../../../src/core/ledger/bundle.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { ED25519, makeVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { makeBundle } from "../../../src/services/audit/bundle.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import type { IssuedBatch } from "../../../src/scan/batch-register.ts";
import { ANONYMOUS, type Caller } from "../../../src/services/caller.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";

const BOX = "container:CSQU3054383";
let harness: Harness;
let maker: Caller;
let importer: Caller;
let batch: IssuedBatch;

const at = (minute: number): string =>
  new Date(Date.parse("2026-03-01T00:00:00Z") + minute * 60_000).toISOString();
const positions = (first: number, last: number) => ({ batch: "B", first, last });
const bundleFor = (position: number, reader: Caller): Promise<Bundle> =>
  makeBundle(harness.service, { batch, position, key: batch.start + position }, reader);
const bytesOf = (bundle: Bundle): Uint8Array => new TextEncoder().encode(`${formatBundle(bundle)}\n`);
const verify = (bytes: Uint8Array) => verifyBundle(parseBundle(bytes), logKey(harness.service));

beforeAll(async () => {
  harness = makeHarness();
  const { service } = harness;
  maker = await addOrganisation(service, "ent_maker", "Maker");
  importer = await addOrganisation(service, "ent_importer", "Importer");
  const other = await addOrganisation(service, "ent_other", "Somebody else");
  batch = await issueBatch(service, maker, "B", 300);
  await issueBatch(service, other, "X", 50);
  await report(service, maker, [
    { kind: "commissioning", at: at(0), subjects: [{ batch: "B" }] },
    { kind: "packing", at: at(1), subjects: [positions(0, 23)], into: sscc(1) },
    { kind: "loading", at: at(2), subjects: [{ unit: sscc(1) }], into: BOX },
    {
      kind: "shipping",
      at: at(3),
      subjects: [{ unit: BOX }],
      to: "ent_importer",
      documents: [{ type: "bol", number: "BL-7781" }],
      sealed: { owner: { price: "12.50" } },
    },
  ]);
  await report(service, importer, [
    { kind: "accepting", at: at(4), subjects: [{ unit: BOX }] },
    { kind: "unloading", at: at(5), subjects: [], from: BOX },
  ]);
  // The container goes on with somebody else's goods.
  await report(service, other, [
    { kind: "loading", at: at(10), subjects: [{ batch: "X" }], into: BOX, place: { name: "A secret yard" } },
    { kind: "departing", at: at(11), subjects: [{ unit: BOX }], place: { name: "A secret port" } },
  ]);
});
afterAll(() => harness.dispose());

describe("a trace bundle", () => {
  it("verifies with nothing but the file and the key, and gives the journey back", async () => {
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
    expect(verified.limits.join(" ")).toContain("2 further records of shared units");
  });

  it("carries no other party's data", async () => {
    const text = formatBundle(await bundleFor(3, importer));
    expect(text).not.toContain("secret");
    expect(text).not.toContain("ent_other");
    expect((await bundleFor(3, importer)).entries).toHaveLength(2);
  });

  it("opens sealed fields to those they are for, and hides units' numbers from the public", async () => {
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

  it("is one spelling: parsing and formatting are exact inverses", async () => {
    const bytes = bytesOf(await bundleFor(3, maker));
    expect(new TextEncoder().encode(`${formatBundle(parseBundle(bytes))}\n`)).toEqual(bytes);
  });

  it.each([
    ["its owner's", () => maker, "{"],
    // Units are told without their numbers to those who took no part: the rest is as the owner has it.
    ["anybody's, from its units on", () => ANONYMOUS, '"units":'],
  ])(
    "is refused with any one byte changed: %s",
    async (_whose, reader, start) => {
      const bytes = bytesOf(await bundleFor(0, reader()));
      const from = Buffer.from(bytes).indexOf(start);
      expect(from).toBeGreaterThanOrEqual(0);
      const accepted: number[] = [];
      // The last byte is the newline that may be there or not.
      for (let i = from; i < bytes.length - 1; i++) {
        const changed = Uint8Array.from(bytes);
        changed[i] = (changed[i] as number) ^ (1 << (i % 7));
        try {
          verify(changed);
          accepted.push(i);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
      expect(accepted).toEqual([]);
    },
    300_000,
  );

  it("is refused when a record, an entry or a chain is left out, or another's is put in", async () => {
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
