import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { groupCode } from "../../core/code/alphabet.ts";
import { verifyBundle } from "../../core/custody/verification.ts";
import { parseBundle } from "../../core/ledger/bundle.ts";
import { parseVerifierKey, type VerifierKey } from "../../core/ledger/note-key.ts";
import type { AuditReport } from "../audit-text.ts";
import { Client, Refused } from "../client.ts";
import { CommandFailed } from "../command.ts";
import { formatCount, formatSize, type Output } from "../output.ts";
import type { Trace } from "../trace.ts";
import { gatherActors } from "./actors.ts";
import type { DemoBatch } from "./batch.ts";
import { Custody } from "./custody.ts";
import { cream, eggRolls, formula, mixedContainer, rice, type Stage, vehicles } from "./journeys.ts";
import { Ssccs } from "./packing.ts";
import { type PlannedScan, Scanner, type Verdict } from "./scans.ts";
import { crowd } from "./crowd.ts";
import { overwriteByte } from "./tamper.ts";
import { Teller } from "./teller.ts";

/** The figures of `--report`, from the service's own answers. */
export interface DemoReport {
  codes: number;
  batches: number;
  events: number;
  scans: number;
  verdicts: Record<Verdict, number>;
  audit: { ok: boolean; records: number; chains: number };
  tampered: { detected: boolean; at: string };
  seconds: number;
}

/** What the story needs besides the public API. */
export interface StoryNeeds {
  url: string;
  operatorKey: string;
  /** A folder for the files that it downloads. */
  folder: string;
  out: Output;
  /** Audits a copy of a store, read only. */
  auditCopy: (file: string, key: VerifierKey) => Promise<AuditReport>;
}

/** What a person may look at afterwards. */
export interface Told {
  report: DemoReport;
  code: string;
  gtin: string | null;
  recalled: string;
  bundle: string;
  vkey: string;
}

interface Log {
  origin: string;
  vkey: string;
  size: number;
}

interface Statistics {
  issued: { batches: number; codes: number; valueUsd: string };
  byTradeMode: Record<string, unknown>;
  scans: {
    total: number;
    byCountry: Record<string, number>;
    byContinent: Record<string, number>;
    refused: { unknown: { sinceStart: number }; mistyped: { sinceStart: number } };
  };
  clearance: { releases: number; medianSeconds: number | null };
  records: number;
}

interface Recall {
  id: string;
  reach: { codes: number; byStatus: Record<string, number> };
}

interface Goods {
  formula: Awaited<ReturnType<typeof formula>>;
  cream: Awaited<ReturnType<typeof cream>>;
  eggRolls: Awaited<ReturnType<typeof eggRolls>>;
  rice: Awaited<ReturnType<typeof rice>>;
  mixed: DemoBatch[];
  cars: DemoBatch;
}

/**
 * Drives a service through its public HTTP API alone: from filing to audit, with six kinds of goods.
 * @throws CommandFailed where anything is not as it must be
 */
export async function tellStory(needs: StoryNeeds): Promise<Told> {
  const begunMs = performance.now();
  const teller = new Teller(needs.out);
  const client = new Client(needs.url);
  const nowMs = Date.now();
  const log = await client.call<Log>("GET", "/v1/log");
  const key = parseVerifierKey(log.vkey);

  teller.title(`Suyuan (溯源): six kinds of goods, from an order to a consumer's scan, at ${needs.url}`);
  const actors = await teller.chapter(
    "1. Everybody files, the authority approves",
    () => gatherActors(client, needs.operatorKey, nowMs),
    ({ count, countries }) => [
      `${count} organisations from ${countries} countries and regions: makers, carriers, importers, shops, a`,
      "laboratory, customs. Each has its own API key and reports only what it holds.",
    ],
  );
  const stage: Stage = {
    client,
    actors,
    nowMs,
    ssccs: new Ssccs(),
    custody: new Custody(client, nowMs, log.origin),
  };
  const goods = await travel(stage, teller);
  const { custody } = stage;
  const sample = goods.formula.batch;
  const shown = sample.codes[10] as string;
  await showTrace(teller, client, sample, shown);

  const scanner = new Scanner(client);
  await teller.chapter(
    "5. People scan",
    () => scanner.make(crowd(goods)),
    () => [verdictText(scanner.verdicts)],
  );
  const recall = await recallContainer(teller, stage, goods, scanner);
  const audit = await auditAll(teller, stage);
  const bundle = await checkOffline(teller, needs, stage, goods, key);
  const tampered = await tamper(teller, needs, goods, bundle, key);
  const stats = await client.call<Statistics>("GET", "/v1/stats");
  checkStatistics(stats, scanner);
  tellStatistics(teller, stats);
  return {
    report: {
      codes: stats.issued.codes,
      batches: stats.issued.batches,
      events: custody.events,
      scans: scanner.total,
      verdicts: scanner.verdicts,
      audit: { ok: audit.ok, records: audit.records, chains: audit.chains },
      tampered,
      seconds: Math.round((performance.now() - begunMs) / 100) / 10,
    },
    code: shown,
    gtin: sample.gtin,
    recalled: recall,
    bundle: bundle.file,
    vkey: log.vkey,
  };
}

async function travel(stage: Stage, teller: Teller): Promise<Goods> {
  const { custody } = stage;
  const counted = async <T>(work: () => Promise<T>): Promise<T & { events: number }> => {
    const before = custody.events;
    const value = await work();
    return { ...value, events: custody.events - before };
  };
  const milk = await teller.chapter(
    "2. New Zealand infant formula by 1210",
    () => counted(() => formula(stage)),
    ({ batch, packed, sampled, parcels, events }) => [
      `${formatCount(batch.codes.length)} codes ordered, approved and downloaded; tins in ${formatCount(packed.cartons.length)} cartons on ${packed.pallets.length} pallets`,
      "in two sealed containers, Auckland to Nansha. The laboratory signs its report itself.",
      `Four documents match, ${sampled.length} tins are sampled, customs release; then a bonded warehouse and`,
      `${parcels} parcels, of which one comes back. ${formatCount(events)} events.`,
    ],
  );
  const boxes = await teller.chapter(
    "3. Cream by 9610, egg rolls under CEPA and rice by 0110",
    async () => ({
      cream: await counted(() => cream(stage)),
      eggRolls: await counted(() => eggRolls(stage)),
      rice: await counted(() => rice(stage)),
    }),
    ({ cream: skin, eggRolls: rolls, rice: grain }) => [
      `${formatCount(skin.batch.codes.length)} jars by air from Korea, ${formatCount(rolls.batch.codes.length)} tins by barge from Hong Kong, ${formatCount(grain.batch.codes.length)} bags from`,
      `Thailand (${grain.spoiled.length} labels spoiled at the press: void). ${formatCount(skin.events + rolls.events + grain.events)} events.`,
    ],
  );
  const { mixed, cars } = await teller.chapter(
    "4. One container, three voyages",
    async () => ({ mixed: await mixedContainer(stage), cars: await vehicles(stage) }),
    (loads) => [
      `NSGU0000018 brought half of the egg rolls and was emptied; took ${loads.mixed.length} kinds of market goods`,
      `(${formatCount(loads.mixed.reduce((sum, { codes }) => sum + codes.length, 0))} cartons, 1039) to Jebel Ali and was emptied; came back with ${loads.cars.codes.length} parallel-import cars.`,
    ],
  );
  return { formula: milk, cream: boxes.cream, eggRolls: boxes.eggRolls, rice: boxes.rice, mixed, cars };
}

async function showTrace(
  teller: Teller,
  client: Client,
  { gtin, owner }: DemoBatch,
  code: string,
): Promise<void> {
  const trace = await client.call<Trace>("GET", `/v1/trace/${code}`);
  if (trace.findings.length > 0)
    throw new CommandFailed(`the trace of ${code} has findings: ${JSON.stringify(trace)}`);
  const link = (await linkOf(client, trace, owner.key)) ?? `/01/${gtin}/21/${code}`;
  teller.line();
  teller.line(
    `One of the labels. ${groupCode(code)} has ${trace.steps.length} steps, each proven by a record of the log:`,
  );
  teller.line();
  teller.qr(link);
  teller.line(link);
  teller.line("(phones open it where the service runs behind https at that host: --host, SUYUAN_HOST)");
}

/** The link as it is printed, from the owner's own download. */
async function linkOf(client: Client, { batch, position }: Trace, key: string): Promise<string | undefined> {
  const path = `/v1/batches/${batch}/codes?format=ndjson&first=${position}&last=${position}`;
  const response = await client.send("GET", path, { key, headers: { Accept: "*/*" } });
  return (JSON.parse(await response.text()) as { url?: string }).url;
}

/** A recall by container and window reaches its first load alone, and shows at the very next scan. */
async function recallContainer(
  teller: Teller,
  stage: Stage,
  goods: Goods,
  scanner: Scanner,
): Promise<string> {
  const { client, custody, actors } = stage;
  const { batch, container } = goods.eggRolls;
  const { key } = actors.enterprise("bakery");
  const half = batch.codes.length / 2;
  const inside = batch.codes[half - 1] as string;
  const scope = { container, from: custody.at(42, 0), to: custody.at(37, 0) };
  const body = {
    scope,
    reason: "一个生产班次未标示芝麻（致敏原） · Undeclared sesame in one production run",
    level: 2,
    advice: "请退回销售门店 · Return it to the shop.",
  };
  const scanOf = (position: number, expected: PlannedScan["expected"]): PlannedScan[] => [
    { code: batch.codes[position] as string, gtin: batch.gtin, region: "CN-GD", expected },
  ];
  await teller.chapter(
    "6. A recall, by container and window of time",
    async () => {
      await scanner.make([scanOf(half - 1, "genuine")]);
      const draft = await client.call<Recall>("POST", "/v1/recalls", { body, key });
      const { codes } = draft.reach;
      if (codes !== half) throw new CommandFailed(`the recall reaches ${codes} codes, not ${half}`);
      await client.call("POST", `/v1/recalls/${draft.id}/confirm`, { body: { codes }, key });
      await scanner.make([scanOf(half - 1, "recalled")]);
      const recalled = Array.from({ length: 200 }, (_, i) => scanOf(i * 50, "recalled"));
      const spared = Array.from({ length: 50 }, (_, i) => scanOf(half + i * 50, "genuine"));
      await scanner.make([...recalled, ...spared]);
      await refuseSale(stage, batch.id, half - 1);
      return draft;
    },
    ({ reach }) => [
      `Drafted: it reaches ${formatCount(reach.codes)} codes (${statusText(reach.byStatus)}) and nothing of later loads.`,
      "Confirmed: the very next scan of one says recalled, the other container's stay genuine, and",
      "the shop that still reports a sale is refused (sold_while_recalled).",
    ],
  );
  return inside;
}

async function refuseSale(
  { client, custody, actors }: Stage,
  batch: string,
  position: number,
): Promise<void> {
  const subjects = [{ batch, first: position, last: position }];
  // Now, so that it lies after the recall: that somebody sold it before is no contradiction.
  const body = { events: [{ kind: "selling", at: new Date().toISOString(), subjects }] };
  try {
    await client.call("POST", "/v1/events", { body, key: actors.enterprise("retailer").key });
  } catch (error) {
    if (error instanceof Refused && error.message.includes("sold_while_recalled")) return;
    throw error;
  }
  throw new CommandFailed(`a recalled code was sold at ${custody.at(0, 0)}`);
}

async function auditAll(teller: Teller, { client, actors }: Stage): Promise<AuditReport> {
  const body = { scope: { ledger: true } };
  const { key } = actors.authority;
  return teller.chapter(
    "7. The authority audits the whole ledger",
    async () => {
      const audit = await client.call<AuditReport>("POST", "/v1/audits", { body, key });
      if (!audit.ok) throw new CommandFailed(`the audit found ${JSON.stringify(audit.breaks)}`);
      return audit;
    },
    ({ records, chains, codes, batches, root }) => [
      `Sound: ${formatCount(records)} records rehashed, ${formatCount(chains)} chains walked, ${formatCount(codes)} codes recomputed`,
      `(${batches} batches). Signed root ${root.slice(0, 32)}…`,
    ],
  );
}

interface Bundled {
  file: string;
  /** Stored records by index, as canonical text. */
  records: { index: number; record: string }[];
}

async function checkOffline(
  teller: Teller,
  { folder }: StoryNeeds,
  { client }: Stage,
  goods: Goods,
  key: VerifierKey,
): Promise<Bundled> {
  const code = goods.formula.batch.codes[10] as string;
  const file = join(folder, "bundle.json");
  const { records } = await teller.chapter(
    "8. A consumer checks without trusting anybody",
    async () => {
      const response = await client.send("GET", `/v1/trace/${code}/bundle`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      writeFileSync(file, bytes);
      const bundle = parseBundle(bytes);
      const { journey } = verifyBundle(bundle, key);
      bytes[Math.floor(bytes.length / 2)]! ^= 1;
      if (isSound(bytes, key)) throw new CommandFailed("a bundle with a changed bit was not refused");
      return { records: bundle.records, steps: journey.steps.length, sizeBytes: bytes.length };
    },
    ({ steps, sizeBytes }) => [
      `A bundle of ${formatSize(sizeBytes)} proves all ${steps} steps offline, with nothing but the log's public key.`,
      "With one bit changed it is refused.",
    ],
  );
  return { file, records };
}

function isSound(bytes: Uint8Array, key: VerifierKey): boolean {
  try {
    verifyBundle(parseBundle(bytes), key);
    return true;
  } catch {
    return false;
  }
}

/** Somebody with the disk makes a failed cooling disappear: 31.6 degrees become 21.6. */
async function tamper(
  teller: Teller,
  { url, operatorKey, auditCopy }: StoryNeeds,
  goods: Goods,
  { records }: Bundled,
  key: VerifierKey,
): Promise<DemoReport["tampered"]> {
  const { sensor } = goods.formula;
  const target = records.find(({ record }) => record.includes(`"${sensor}"`));
  if (target === undefined) throw new CommandFailed("the sensor's record is not in the bundle");
  const faked = `2${sensor.slice(1)}`;
  const report = await teller.chapter(
    "9. Somebody with the disk, but not the keys",
    async () => {
      const client = new Client(url, operatorKey);
      const { file } = await client.call<{ file: string }>("POST", "/v1/backups");
      const clean = await auditCopy(file, key);
      if (!clean.ok)
        throw new CommandFailed(`the untouched copy is not sound: ${JSON.stringify(clean.breaks)}`);
      overwriteByte(file, target.record, sensor, faked);
      return auditCopy(file, key);
    },
    ({ breaks: [first] }) => [
      `In a copy of the store one byte is changed: the hold never was at ${sensor} °C, but at ${faked}.`,
      first === undefined
        ? "Its audit noticed nothing."
        : `Its audit: broken at ${first.at} (${first.rule}; expected ${first.expected.slice(0, 12)}…, found ${first.found.slice(0, 12)}…).`,
    ],
  );
  const [first] = report.breaks;
  if (report.ok || first === undefined) throw new CommandFailed("one changed byte was not detected");
  if (first.at !== `record ${target.index}`)
    throw new CommandFailed(`record ${target.index} was changed, but the audit names ${first.at}`);
  return { detected: true, at: first.at };
}

function checkStatistics({ scans }: Statistics, { total, verdicts }: Scanner): void {
  const counted = scans.total + scans.refused.unknown.sinceStart + scans.refused.mistyped.sinceStart;
  if (counted !== total) throw new CommandFailed(`${total} scans were made, the service counted ${counted}`);
  const { unknown, mistyped } = scans.refused;
  if (unknown.sinceStart !== verdicts.unknown || mistyped.sinceStart !== verdicts.mistyped)
    throw new CommandFailed("the service counted other verdicts than were answered");
}

function tellStatistics(
  teller: Teller,
  { issued, byTradeMode, scans, clearance, records }: Statistics,
): void {
  const minutes = Math.round((clearance.medianSeconds ?? 0) / 60);
  teller.title("In figures");
  teller.line(
    `${formatCount(issued.codes)} codes in ${issued.batches} batches by ${Object.keys(byTradeMode).length} trade modes, worth US$ ${formatCount(Number(issued.valueUsd))}; ${formatCount(records)} records.`,
  );
  teller.line(
    `${formatCount(scans.total)} scans of real codes from ${Object.keys(scans.byCountry).length} countries and regions on ${Object.keys(scans.byContinent).length} continents.`,
  );
  teller.line(`From declared to released: ${minutes} minutes (median of ${clearance.releases}).`);
}

function verdictText(verdicts: Record<Verdict, number>): string {
  return Object.entries(verdicts)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([verdict, count]) => `${formatCount(count)} ${verdict.replace("_", " ")}`)
    .join(", ");
}

function statusText(byStatus: Record<string, number>): string {
  return Object.entries(byStatus)
    .map(([status, count]) => `${formatCount(count)} ${status}`)
    .join(", ");
}
