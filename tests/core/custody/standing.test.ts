import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStatement } from "../../../src/core/custody/statement.ts";
import { verifyBundle } from "../../../src/core/custody/verification.ts";
import type { Bundle } from "../../../src/core/ledger/bundle.ts";
import { decodeRecord, type LedgerRecord, type Statement } from "../../../src/core/ledger/record.ts";
import { nodePlatform } from "../../../src/node/platform.ts";
import { auditLedger } from "../../../src/services/audit/audit.ts";
import { runAudit } from "../../../src/services/audit/run-audit.ts";
import { makeBundle } from "../../../src/services/audit/bundle.ts";
import { ANONYMOUS, AUTO_APPROVAL, type Caller } from "../../../src/services/caller.ts";
import { administrationDraft } from "../../../src/services/ledger/statement.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { recordStandings } from "../../../src/services/filing/record-standings.ts";
import type { Service } from "../../../src/services/service.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { issueBatch, report } from "../../world.ts";

const OLD = 150;
const MAKER: Caller = { role: "enterprise", organisation: "ent_0", key: "k" };

let folder: string;
let h: Harness;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-standing-"));
});
afterEach(async () => {
  await h.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe("a store of the version before standing chains", () => {
  it("gets one standing record for each organisation at the first start, and no second one", async () => {
    await oldStore();
    await restart();
    expect(standingRecords(h.service)).toHaveLength(OLD);
    const [first] = standingRecords(h.service).filter(({ statement }) => about(statement) === "ent_0");
    expect(first?.statement.public).toEqual({
      status: "approved",
      signingKey: null,
      since: { registered: 0, status: 1, signingKey: null },
    });
    const size = h.service.store.ledger.size();
    await restart();
    expect(h.service.store.ledger.size()).toBe(size);
    expect(await breaksOf(h.service)).toEqual([]);
  });

  it("is resumed after a kill between two writes", async () => {
    await oldStore();
    const { service } = h;
    let writes = 0;
    const writer = {
      submit: <T>(work: Parameters<typeof service.writer.submit<T>>[0]): Promise<T> =>
        writes++ === 0 ? service.writer.submit(work) : Promise.reject(new Error("killed")),
    } as typeof service.writer;
    await expect(recordStandings({ ...service, writer })).rejects.toThrow("killed");
    await service.writer.settled();
    const written = standingRecords(service).length;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(OLD);
    await restart();
    expect(standingRecords(h.service)).toHaveLength(OLD);
    expect(await breaksOf(h.service)).toEqual([]);
  });

  it("keeps its bundles and audits sound, also for reports from before the order that were taken then", async () => {
    await oldStore();
    const batch = await issueBatch(h.service, MAKER, "bat_old", 8);
    await pastTheDoor(h.service, "1999-01-01T00:00:00Z");
    await restart();
    h.clock.nowMs += 60_000;
    await report(h.service, MAKER, [
      { kind: "storing", at: new Date(h.clock.nowMs).toISOString(), subjects: [{ batch: batch.id }] },
    ]);
    expect(await breaksOf(h.service)).toEqual([]);
    const verified = verifyBundle(await bundleOf("bat_old"), logKey(h.service));
    expect(verified.notShown).toEqual([]);
    expect(verified.limits.join(" ")).toContain("What ent_0 was, and which key it had, before record");
  });
});

it("an audit right after the first start waits for the standing records", async () => {
  await oldStore();
  await issueBatch(h.service, MAKER, "bat_old", 8);
  await pastTheDoor(h.service, "1999-01-01T00:00:00Z");
  const { nowMs } = h.clock;
  await h.dispose();
  h = makeHarness({}, folder);
  h.clock.nowMs = nowMs;
  const operator: Caller = { role: "operator", organisation: "operator", key: "k" };
  expect((await runAudit(h.service, operator, { ledger: true })).breaks).toEqual([]);
});

describe("the standing chains of a bundle", () => {
  beforeEach(async () => {
    h = makeHarness({}, folder);
    await organisation("ent_0", true);
    await issueBatch(h.service, MAKER, "bat_new", 8);
  });

  it("must be whole: a record of an actor left out is actor_records_missing", async () => {
    const bundle = await bundleOf("bat_new");
    const filing = bundle.records.findIndex(({ record }) => record.includes('"kind":"filing"'));
    const cut = withoutRecords(bundle, [filing]);
    expect(() => verifyBundle(cut, logKey(h.service))).toThrow(/actor_records_missing/);
    const unlisted = structuredClone(bundle);
    unlisted.chains = unlisted.chains.map((chain) =>
      chain.of === "standing:ent_0" ? { ...chain, length: chain.length + 1 } : chain,
    );
    expect(() => verifyBundle(unlisted, logKey(h.service))).toThrow(/actor_records_missing/);
  });

  it("are missing from a bundle of the version before: it is not fully shown", async () => {
    const bundle = await bundleOf("bat_new");
    const older = { ...bundle, chains: bundle.chains.filter(({ of }) => !of.startsWith("standing:")) };
    const { notShown } = verifyBundle(older, logKey(h.service));
    expect(notShown).toEqual([expect.stringContaining("it is of a version before them")]);
  });
});

function withoutRecords(bundle: Bundle, places: number[]): Bundle {
  return { ...bundle, records: bundle.records.filter((_, i) => !places.includes(i)) };
}

/** Organisations without standing chains, as the version before wrote them. */
async function oldStore(): Promise<void> {
  h = makeHarness({}, folder);
  for (let i = 0; i < OLD; i++) await organisation(`ent_${i}`, false);
  forget(h.service);
}

function forget(service: Service): void {
  service.store.service.setMeta("standingsRecorded", "");
}

async function restart(): Promise<void> {
  const { nowMs } = h.clock;
  await h.dispose();
  h = makeHarness({}, folder);
  h.clock.nowMs = nowMs;
  await h.service.writer.settled();
}

async function organisation(id: string, chained: boolean): Promise<void> {
  const { service } = h;
  await service.writer.submit((tx) => {
    const filing = JSON.stringify({ names: { en: id } });
    const row = { scheme: "national", number: id, country: "NZ", province: null, filing };
    tx.store.filing.addOrganisation({
      id,
      role: "enterprise",
      status: "requested",
      filedAt: tx.nowMs,
      ...row,
    });
    tx.store.filing.decideOrganisation(id, "approved", null, tx.nowMs);
    const chains = [`enterprise:${id}`, ...(chained ? [`standing:${id}`] : [])];
    const input = { atMs: tx.nowMs, subject: { enterprise: id }, chains };
    const itself = { ...MAKER, organisation: id };
    const filed = { ...input, kind: "filing", caller: itself, public: { names: { en: id } } };
    const decided = { ...input, kind: "deciding", caller: AUTO_APPROVAL, public: { decision: "approved" } };
    for (const one of [filed, decided]) tx.append(administrationDraft(one, service.platform));
  });
}

/** An event that the version before took: it did not compare the time with the order. */
async function pastTheDoor(service: Service, at: string): Promise<void> {
  const { appendStatement } = await import("../../../src/services/custody/record-events.ts");
  const statement: Statement = {
    kind: "storing",
    id: "old",
    at,
    actor: { organisation: "ent_0", by: "k" },
    subjects: [{ batch: "bat_old", segments: [[0, 8]] }],
    public: {},
    sealed: [],
  };
  await service.writer.submit((tx) =>
    appendStatement(tx, service, { statement, disclosures: [] }, readStatement(statement)!),
  );
}

function standingRecords({ store }: Service): LedgerRecord[] {
  return store.ledger
    .records(0, store.ledger.size())
    .map(({ bytes }) => decodeRecord(bytes))
    .filter(({ statement }) => statement.kind === "standing");
}

function about({ subjects }: LedgerRecord["statement"]): string | undefined {
  const [subject] = subjects;
  return subject && "enterprise" in subject ? subject.enterprise : undefined;
}

async function breaksOf({ store }: Service) {
  return (await auditLedger({ store, key: logKey(h.service), platform: nodePlatform })).breaks;
}

async function bundleOf(id: string): Promise<Bundle> {
  const batch = h.service.register.get(id)!;
  return makeBundle(h.service, { batch, position: 3, key: batch.start + 3 }, ANONYMOUS);
}
