import { rmSync } from "node:fs";
import { parseCheckpoint } from "../../src/core/ledger/checkpoint.ts";
import { type Monitored, MonitoringError, monitorRound } from "../../src/core/ledger/monitoring.ts";
import { parseNote } from "../../src/core/ledger/note.ts";
import { parsePolicy } from "../../src/core/ledger/policy.ts";
import { formatTilePath, type Tile } from "../../src/core/ledger/tile.ts";
import { type Service, start, startService, temporaryFolder } from "../cli/process.ts";
import {
  audit,
  call,
  get,
  type Goods,
  listed,
  packing,
  prepareGoods,
  type Receipt,
  send,
  type Sent,
} from "./client.ts";

/** The result of the rounds. */
export interface KillCounts {
  rounds: number;
  /** Kills, those of services that were still starting included. */
  kills: number;
  /** Rounds whose kill found requests without an answer: it came while there was writing. */
  underWrites: number;
  /** Events that were acknowledged before a kill, and how many of them the log had at their index afterwards. */
  acknowledged: number;
  found: number;
  lost: number;
  /** Requests that a kill left without an answer: those whose repetition found them recorded, and those it recorded. */
  unanswered: { recorded: number; notRecorded: number };
  /** Events that the log has twice, or answers that a repetition changed. */
  doubled: number;
  changed: number;
  /** Rounds after which the log did, or did not, continue every checkpoint shown before, as a monitor requires. */
  continued: number;
  forked: number;
  auditsOk: number;
  auditsFailed: number;
}

const CLIENTS = 8;
const MOST_EVENTS = 5;
const MIN_DELAY_MS = 5;
const MAX_DELAY_MS = 400;
/** A ledger serves so many rounds; then a new one begins, so that audits stay short. */
const ROUNDS_A_LEDGER = 20;
/** In every so many rounds the kill may come before anything is acknowledged; in the others after. */
const KILL_FIRST_EVERY = 4;
/** In every so many rounds the service is killed once more while it starts. */
const KILL_STARTING_EVERY = 3;
const ENVIRONMENT = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Kills a service with SIGKILL while clients write to it, starts it again on the same folder, and checks that it has
 * what it acknowledged; so many rounds.
 * @param told called with a line about every round
 * @throws Error where a start after a kill does not succeed
 */
export async function killRounds(
  rounds: number,
  seed: number,
  told: (line: string) => void,
): Promise<KillCounts> {
  const counts: KillCounts = {
    rounds: 0,
    kills: 0,
    underWrites: 0,
    acknowledged: 0,
    found: 0,
    lost: 0,
    unanswered: { recorded: 0, notRecorded: 0 },
    doubled: 0,
    changed: 0,
    continued: 0,
    forked: 0,
    auditsOk: 0,
    auditsFailed: 0,
  };
  const random = randomFrom(seed);
  for (let left = rounds; left > 0; left -= ROUNDS_A_LEDGER)
    await new KilledLedger(counts, random, told).run(Math.min(left, ROUNDS_A_LEDGER));
  return counts;
}

/** One ledger that is killed again and again. */
class KilledLedger {
  private readonly folder = temporaryFolder();
  private readonly counts: KillCounts;
  private readonly random: () => number;
  private readonly told: (line: string) => void;
  private next = 0;
  /** Every event acknowledged so far. */
  private readonly acknowledged: Receipt[] = [];
  /** The newest checkpoint that was shown to anybody. */
  private shown = "";
  private monitored: Monitored | undefined;

  constructor(counts: KillCounts, random: () => number, told: (line: string) => void) {
    this.counts = counts;
    this.random = random;
    this.told = told;
  }

  async run(rounds: number): Promise<void> {
    let service = await startService(this.folder, ENVIRONMENT);
    try {
      const goods = await prepareGoods(service.url, service.operatorKey);
      for (let round = 0; round < rounds; round++) service = await this.round(service, goods);
      // The events of every round must still be there after all later kills.
      this.count(this.acknowledged, await listed(service.url, goods), []);
      await service.stop();
    } finally {
      service.child.kill("SIGKILL");
      await service.ended;
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private async round(service: Service, goods: Goods): Promise<Service> {
    const { counts } = this;
    const from = (await get<{ size: number }>(service.url, "GET", "/v1/log")).size;
    const answered = new Map<Sent, Receipt[]>();
    const unanswered: Sent[] = [];
    const clients = Promise.allSettled(
      Array.from({ length: CLIENTS }, () => this.write(service, goods, answered, unanswered)),
    );
    const looking = this.look(service);
    if (counts.rounds % KILL_FIRST_EVERY > 0) await until(() => answered.size > 0 || unanswered.length > 0);
    const delayMs = this.delay();
    await new Promise((later) => setTimeout(later, delayMs));
    await kill(service);
    await looking;
    for (const client of await clients) if (client.status === "rejected") throw client.reason;
    counts.kills += 1;
    if (unanswered.length > 0) counts.underWrites += 1;
    if (counts.rounds % KILL_STARTING_EVERY === 0) await this.killStarting();

    const again = await startService(this.folder, ENVIRONMENT);
    await this.monitor(again);
    const receipts = [...answered.values()].flat();
    const before = await listed(again.url, goods, from);
    const recorded = new Set(before.map(({ id }) => id));
    for (const sent of unanswered) await this.repeat(again.url, goods, sent, recorded);
    // One answered request is repeated too: its answer must be the one it had.
    for (const [sent, first] of [...answered].slice(-1)) this.same(first, await send(again.url, goods, sent));
    const after = await listed(again.url, goods, from);
    const { lost } = this.count(receipts, before, after);
    this.acknowledged.push(...receipts);
    counts.acknowledged += receipts.length;
    counts.found += receipts.length - lost;
    const { ok, size } = await audit(again.url, goods);
    counts[ok ? "auditsOk" : "auditsFailed"] += 1;
    counts.rounds += 1;
    this.told(
      `round ${counts.rounds}: killed after ${delayMs} ms, ${receipts.length} events acknowledged, ${lost} lost, ` +
        `${unanswered.length} requests unanswered, audit of ${size} records ${ok ? "ok" : "FAILED"}`,
    );
    return again;
  }

  /** Asks for the log's checkpoint until the service is gone. */
  private async look({ url }: Service): Promise<void> {
    try {
      for (;;) this.shown = (await call(url, "GET", "/log/checkpoint")).text;
    } catch {
      // It is gone.
    }
  }

  /** Reads the log as an outsider does: it must continue every checkpoint shown before the kill. */
  private async monitor({ url }: Service): Promise<void> {
    const textAt = async (path: string): Promise<string> => (await call(url, "GET", path)).text;
    const fetchTile = async (tile: Tile): Promise<Uint8Array | null> => {
      const answer = await fetch(`${url}/log/${formatTilePath(tile)}`);
      return answer.status === 200 ? new Uint8Array(await answer.arrayBuffer()) : null;
    };
    try {
      this.monitored = await monitorRound({
        policy: parsePolicy(await textAt("/log/policy")),
        kept: this.monitored,
        shown: this.shown === "" ? undefined : parseCheckpoint(parseNote(this.shown).text),
        checkpoint: await textAt("/log/checkpoint"),
        fetch: fetchTile,
      });
      this.counts.continued += 1;
    } catch (error) {
      if (!(error instanceof MonitoringError)) throw error;
      this.told(`the log failed its monitor: ${error.message}`);
      this.counts.forked += 1;
    }
  }

  /** Writes until the service is gone. */
  private async write(
    { url }: Service,
    goods: Goods,
    answered: Map<Sent, Receipt[]>,
    unanswered: Sent[],
  ): Promise<void> {
    for (;;) {
      const count = 1 + Math.floor(this.random() * MOST_EVENTS);
      const sent = packing(goods, this.next, count);
      this.next += count;
      const receipts = await send(url, goods, sent);
      if (receipts === undefined) return void unanswered.push(sent);
      answered.set(sent, receipts);
    }
  }

  /** An unanswered request is all there or not at all, and its repetitions have one answer. */
  private async repeat(url: string, goods: Goods, sent: Sent, recorded: Set<string>): Promise<void> {
    const first = await send(url, goods, sent);
    this.same(first, await send(url, goods, sent));
    const there = (first ?? []).filter(({ id }) => recorded.has(id)).length;
    if (there > 0 && there < (first ?? []).length) this.counts.changed += 1;
    this.counts.unanswered[there > 0 ? "recorded" : "notRecorded"] += 1;
  }

  private same(first: Receipt[] | undefined, second: Receipt[] | undefined): void {
    if (first === undefined || JSON.stringify(first) !== JSON.stringify(second)) this.counts.changed += 1;
  }

  /** Which receipts are not in the log at their index; events that it has more than once. */
  private count(receipts: Receipt[], log: Receipt[], later: Receipt[]): { lost: number } {
    const places = new Map(log.map((event) => [event.index, event]));
    const kept = ({ id, index, digest }: Receipt): boolean =>
      places.get(index)?.id === id && places.get(index)?.digest === digest;
    const lost = receipts.filter((receipt) => !kept(receipt)).length;
    const all = later.length > 0 ? later : log;
    this.counts.lost += lost;
    this.counts.doubled += all.length - new Set(all.map(({ id }) => id)).size;
    return { lost };
  }

  private async killStarting(): Promise<void> {
    const started = start("cli/main.ts", ["serve"], {
      SUYUAN_DATA: this.folder,
      SUYUAN_PORT: "0",
      ...ENVIRONMENT,
    });
    await new Promise((later) => setTimeout(later, this.delay()));
    started.child.kill("SIGKILL");
    await started.ended;
    this.counts.kills += 1;
  }

  private delay(): number {
    return Math.floor(MIN_DELAY_MS + this.random() * (MAX_DELAY_MS - MIN_DELAY_MS));
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((later) => setTimeout(later, 1));
}

async function kill(service: Service): Promise<void> {
  service.child.kill("SIGKILL");
  await service.ended;
}
