import { parseVerifierKey } from "../../core/ledger/note-key.ts";
import type { AuditReport } from "../audit-text.ts";
import { Client } from "../client.ts";
import { formatCount, type Output } from "../output.ts";
import { type Actor, gatherActors } from "./actors.ts";
import { auditAll } from "./acts/audit.ts";
import { showLabel } from "./acts/label.ts";
import { checkOffline } from "./acts/offline.ts";
import { recallContainer } from "./acts/recall.ts";
import { checkStatistics, sayStatistics, type Statistics } from "./acts/statistics.ts";
import { tamper } from "./acts/tampering.ts";
import { type Goods, travel } from "./acts/travel.ts";
import type { DemoBatch } from "./batch.ts";
import { crowd } from "./crowd.ts";
import { Orders } from "./orders.ts";
import { Custody } from "./custody.ts";
import type { Stage } from "./journeys/stage.ts";
import { Narrator } from "./narrator.ts";
import { Ssccs } from "./packing.ts";
import { Scanner, type Verdict } from "./scans.ts";

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
  auditCopy: (file: string, vkey: string) => Promise<AuditReport>;
  /** Called once all codes are ordered: from then on the service's clock is right. */
  ordered: () => void;
  /** Nothing more is printed once it is aborted. */
  signal: AbortSignal;
}

/** A label's code with the GTIN in its link. */
export interface Label {
  code: string;
  gtin: string | null;
}

/** What a person may try after the story. */
export interface Ending {
  report: DemoReport;
  exporter: Actor;
  /** The exporter's goods. */
  product: string;
  importer: Actor;
  /** A pallet on its way to the importer, and a code on it. */
  arriving: { pallet: string; code: string };
  officer: Actor;
  labels: { genuine: Label; recalled: Label; suspicious: Label; notActivated: Label };
  /** The bundle's file, and the log's public key. */
  bundle: string;
  vkey: string;
}

interface Log {
  origin: string;
  vkey: string;
}

/**
 * Drives a service through its public HTTP API alone: from filing to audit, with six kinds of goods.
 * @throws CommandFailed where anything is not as it must be
 */
export async function playStory(needs: StoryNeeds): Promise<Ending> {
  const narrator = new Narrator(needs.out, needs.signal);
  const client = new Client(needs.url);
  const { origin, vkey } = await client.call<Log>("GET", "/v1/log");
  const key = parseVerifierKey(vkey);
  const stage = await file(narrator, client, needs.operatorKey, origin);
  needs.ordered();
  const goods = await travel(stage, narrator);
  const sample = goods.formula.batch;
  const shown = sample.codes[10] as string;
  await showLabel(narrator, client, sample, shown);

  const scanner = await scan(narrator, client, goods);
  const recalled = await recallContainer(narrator, stage, goods, scanner);
  const audit = await auditAll(narrator, stage);
  const bundle = await checkOffline(narrator, client, needs.folder, shown, key);
  const auditCopy = (copy: string): Promise<AuditReport> => needs.auditCopy(copy, vkey);
  const tampered = await tamper(narrator, { ...needs, auditCopy }, goods.formula.sensor, bundle);
  const stats = await client.call<Statistics>("GET", "/v1/stats", { key: stage.actors.authority.key });
  checkStatistics(stats, scanner);
  sayStatistics(narrator, stats);
  const { codes, batches } = stats.issued;
  return {
    ...peopleOf(stage, goods),
    labels: labelsOf(goods, recalled),
    bundle: bundle.file,
    vkey,
    report: {
      codes,
      batches,
      events: stage.custody.events,
      scans: scanner.total,
      verdicts: scanner.verdicts,
      audit: { ok: audit.ok, records: audit.records, chains: audit.chains },
      tampered,
      seconds: narrator.seconds(),
    },
  };
}

/** Chapter 1. */
function file(narrator: Narrator, client: Client, operatorKey: string, origin: string): Promise<Stage> {
  return narrator.chapter("1. Everybody files, the authority approves", async () => {
    const nowMs = Date.now();
    const actors = await gatherActors(client, operatorKey, nowMs);
    narrator.say(
      `${actors.count} organisations from ${actors.countries} countries and regions: makers, carriers, importers, shops, a`,
      "laboratory, customs. Each has its own API key and reports only on goods that it holds.",
    );
    const counted = (events: number): void => narrator.working("events", events);
    const custody = new Custody(client, nowMs, origin, counted);
    const orders = await Orders.place(client, actors, nowMs);
    narrator.say("The makers order the codes of all their goods, and the authority approves the orders.");
    return { client, actors, nowMs, ssccs: new Ssccs(), custody, orders };
  });
}

/** Chapter 5. */
function scan(narrator: Narrator, client: Client, goods: Goods): Promise<Scanner> {
  return narrator.chapter("5. People scan", async () => {
    const scanner = new Scanner(client, (scans) => narrator.working("scans", scans));
    await scanner.make(crowd(goods));
    narrator.say(verdictText(scanner.verdicts));
    return scanner;
  });
}

function verdictText(verdicts: Record<Verdict, number>): string {
  return Object.entries(verdicts)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([verdict, count]) => `${formatCount(count)} ${verdict.replace("_", " ")}`)
    .join(", ");
}

function peopleOf(
  { actors }: Stage,
  { formula }: Goods,
): Pick<Ending, "exporter" | "product" | "importer" | "arriving" | "officer"> {
  return {
    exporter: formula.batch.owner,
    product: formula.batch.product,
    importer: actors.enterprise("importer"),
    arriving: { pallet: formula.onItsWay, code: formula.tinOnItsWay },
    officer: actors.authority,
  };
}

function labelsOf({ formula, cream, eggRolls }: Goods, recalled: string): Ending["labels"] {
  return {
    genuine: labelAt(formula.batch, 10),
    recalled: { code: recalled, gtin: eggRolls.batch.gtin },
    suspicious: labelAt(formula.batch, formula.sampled[0] as number),
    notActivated: labelAt(cream.batch, cream.commissioned),
  };
}

function labelAt({ codes, gtin }: DemoBatch, position: number): Label {
  return { code: codes[position] as string, gtin };
}
