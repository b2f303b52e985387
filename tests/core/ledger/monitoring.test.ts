import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainTag } from "../../../src/core/ledger/chain.ts";
import { decodeEntry } from "../../../src/core/ledger/entry.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import {
  ChainFollower,
  chainLength,
  type Fault,
  type Finding,
  type Monitored,
  MonitoringError,
  monitorRound,
} from "../../../src/core/ledger/monitoring.ts";
import { ED25519, makeVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { policyOfKeys } from "../../../src/core/ledger/policy.ts";
import { entriesOf, entry, KEY, LyingLog, ORIGIN } from "./lying-log.ts";

const look = (log: LyingLog, kept?: Monitored, checkpoint = log.checkpoint()): Promise<Monitored> =>
  monitorRound({ policy: policyOfKeys([KEY]), kept, checkpoint, fetch: log.fetch });

/** The failure that one read finds. */
async function findings(...looked: Parameters<typeof look>): Promise<readonly Finding[]> {
  const error = await look(...looked).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MonitoringError);
  return (error as MonitoringError).findings;
}

const faults = async (...looked: Parameters<typeof look>): Promise<Fault[]> =>
  (await findings(...looked)).map(({ fault }) => fault);

describe("an honest log", () => {
  it.each([
    [0, 0],
    [0, 1],
    [1, 2],
    [3, 3],
    [255, 256],
    [256, 257],
    [300, 700],
    [512, 700],
  ])("that grows from %d to %d passes, and is read from the kept end on", async (before, after) => {
    const kept = await look(new LyingLog(entriesOf(before)));
    const log = new LyingLog(entriesOf(after));
    const seen = await look(log, kept);
    expect(seen).toEqual(await look(new LyingLog(entriesOf(after))));
    const bundles = log.asked.filter((path) => path.startsWith("tile/entries/"));
    expect(bundles).toHaveLength(after === before ? 0 : Math.ceil(after / 256) - Math.floor(before / 256));
  });

  it("has chains of the lengths in its entries, however often it is read between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(600), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 7 }),
        async (sizes, chains) => {
          let kept: Monitored | undefined;
          for (const size of sizes.toSorted((a, b) => a - b))
            kept = await look(new LyingLog(entriesOf(size, chains)), kept);
          const size = Math.max(...sizes);
          for (let i = 0; i < chains; i++)
            expect(chainLength(kept!, `batch:${i}`)).toBe(Math.floor((size + chains - 1 - i) / chains));
          expect(chainLength(kept!, "batch:none")).toBe(0);
        },
      ),
      { numRuns: 12 },
    );
  });

  it("reports how far it has read", async () => {
    const told: [number, number][] = [];
    const log = new LyingLog(entriesOf(700));
    const progress = (done: number, total: number): void => void told.push([done, total]);
    await monitorRound({
      policy: policyOfKeys([KEY]),
      checkpoint: log.checkpoint(),
      fetch: log.fetch,
      progress,
    });
    expect(told).toEqual([
      [256, 700],
      [512, 700],
      [700, 700],
    ]);
  });
});

describe("a log that lies", () => {
  it("with another tree of the same size is a fork", async () => {
    const kept = await look(new LyingLog(entriesOf(300)));
    const other = new LyingLog([...entriesOf(299), entry({ "batch:2": 99 }, 3)]);
    const [finding] = await findings(other, kept);
    expect(finding).toMatchObject({ fault: "fork", at: "checkpoint" });
    expect(finding!.expected).toMatch(/^300 records, root /);
    expect(finding!.found).toMatch(/^300 records, root /);
    expect(finding!.found).not.toBe(finding!.expected);
  });

  it("with fewer entries is a rollback", async () => {
    const kept = await look(new LyingLog(entriesOf(300)));
    for (const size of [299, 1, 0])
      expect(await faults(new LyingLog(entriesOf(size)), kept)).toEqual(["rollback"]);
  });

  it.each([0, 128, 255, 256, 298, 299])("with another entry %d, grown since, is rewritten", async (at) => {
    const kept = await look(new LyingLog(entriesOf(300)));
    const forged = entriesOf(700).map((one, i) => (i === at ? one.with(5, 0xaa) : one));
    expect(await faults(new LyingLog(forged), kept)).toEqual(["rewritten"]);
  });

  it("with an entry removed or added before the kept end is rewritten", async () => {
    const kept = await look(new LyingLog(entriesOf(300)));
    const taken = entriesOf(700).toSpliced(10, 1);
    const put = entriesOf(700).toSpliced(10, 0, entry({ "batch:9": 0 }));
    for (const entries of [taken, put])
      expect(await faults(new LyingLog(entries), kept)).toEqual(["rewritten"]);
  });

  it("with an unsigned or a foreign checkpoint is refused for its signature", async () => {
    const log = new LyingLog(entriesOf(5));
    const note = log.checkpoint();
    const wrong = [
      "",
      "nothing",
      note.replace("\n5\n", "\n6\n"),
      log.checkpoint("elsewhere.example.org/log"),
      note.slice(0, note.indexOf("\n\n") + 2),
    ];
    for (const checkpoint of wrong) expect(await faults(log, undefined, checkpoint)).toEqual(["signature"]);
    const { publicKey } = signerFromSeed(new Uint8Array(32).fill(8));
    const other = makeVerifierKey(ORIGIN, ED25519, publicKey);
    await expect(
      monitorRound({ policy: policyOfKeys([other]), checkpoint: note, fetch: log.fetch }),
    ).rejects.toThrow("no trusted key has signed");
  });

  it("with entries other than the signed ones is refused at the entry", async () => {
    const log = new LyingLog(entriesOf(300));
    const forged = new LyingLog(entriesOf(300).map((one, i) => (i === 270 ? one.with(5, 0xaa) : one)));
    const fetch: LyingLog["fetch"] = (tile) => (tile.level === "entries" ? forged : log).fetch(tile);
    await expect(
      monitorRound({ policy: policyOfKeys([KEY]), checkpoint: log.checkpoint(), fetch }),
    ).rejects.toMatchObject({
      findings: [{ fault: "entry", at: "entry 270" }],
      checkpoint: log.checkpoint(),
    });
  });

  it("with an entry that is not valid is refused at the entry", async () => {
    const log = new LyingLog([...entriesOf(3), new TextEncoder().encode("something else")]);
    expect(await findings(log)).toMatchObject([{ fault: "entry", at: "entry 3" }]);
  });

  it("that cannot be fetched throws the fetch's error, which is no finding", async () => {
    const log = new LyingLog(entriesOf(5));
    const round = {
      policy: policyOfKeys([KEY]),
      checkpoint: log.checkpoint(),
      fetch: () => Promise.reject(new Error("no network")),
    };
    await expect(monitorRound(round)).rejects.toThrow(/^no network$/);
  });
});

describe("a chain", () => {
  const honest = entriesOf(9, 1);

  it.each([
    ["that begins late", [entry({ "batch:0": 1 })], ["place 0", "place 1"], 0],
    ["with a gap", honest.toSpliced(4, 1), ["place 4, after place 3 in entry 3", "place 5"], 4],
    [
      "with a doubled place",
      honest.toSpliced(4, 0, honest[3]!),
      ["place 4, after place 3 in entry 3", "place 3"],
      4,
    ],
    ["that begins anew", [...honest, honest[0]!], ["place 9, after place 8 in entry 8", "place 0"], 9],
  ])("%s is a break", async (_name, entries, [expected, found], index) => {
    const chain = Buffer.from(chainTag("batch:0")).toString("hex");
    expect(await findings(new LyingLog(entries))).toEqual([
      { fault: "chain", at: `entry ${index}, chain ${chain}`, expected, found },
    ]);
  });

  it("out of order is a break, also across two reads", async () => {
    const swapped = honest.with(6, honest[7]!).with(7, honest[6]!);
    const kept = await look(new LyingLog(swapped.slice(0, 6)));
    expect(
      (await findings(new LyingLog(swapped), kept)).map(({ expected, found }) => [expected, found]),
    ).toEqual([
      ["place 6, after place 5 in entry 5", "place 7"],
      ["place 8, after place 7 in entry 6", "place 6"],
    ]);
    expect(kept.heads.size).toBe(1);
    expect(chainLength(kept, "batch:0")).toBe(6);
  });

  it("that one entry extends twice at the same place is a break", async () => {
    const tag = chainTag("batch:0");
    const follower = new ChainFollower();
    follower.follow(0, {
      digest: new Uint8Array(32),
      chains: [
        { tag, n: 0 },
        { tag, n: 0 },
      ],
    });
    expect(follower.breaks).toHaveLength(1);
  });

  it("that stays broken has at most 100 breaks named", () => {
    const follower = new ChainFollower();
    const again = decodeEntry(entry({ "batch:0": 0 }));
    for (let i = 0; i < 1000; i++) follower.follow(i, again);
    expect(follower.breaks).toHaveLength(100);
  });
});
