import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCheckpoint } from "../../src/core/ledger/checkpoint.ts";
import { type Monitored, MonitoringError, monitorRound } from "../../src/core/ledger/monitoring.ts";
import { parseNote } from "../../src/core/ledger/note.ts";
import { parsePolicy } from "../../src/core/ledger/policy.ts";
import { formatTilePath, type Tile } from "../../src/core/ledger/tile.ts";
import { type Service, start, startService, type Started, temporaryFolder } from "../cli/process.ts";
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

import {
  doWork,
  type Done,
  isThere,
  type Kind,
  missingCodes,
  twice,
  type Work,
  WORK_KINDS,
  workOf,
} from "./works.ts";

/** Acknowledged works of one kind, and how many of them were there after all kills. */
interface WorkCount {
  acknowledged: number;
  found: number;
}

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
  /** Folders whose custody, derived again from the records, was as stored, right after a kill or after the last stop. */
  rebuiltSame: number;
  rebuiltOther: number;
  /** Orders with their decisions, goods with theirs, uploads, recalls, API keys and audits. */
  works: Record<Kind, WorkCount>;
  /** Codes of acknowledged orders that are missing, or issued twice. */
  codesMissing: number;
  /** Scans of one code: sent, answered, and counted at the end. */
  scans: { sent: number; answered: number; counted: number };
  /** Checkpoints shown after a kill that a witness cosigned. */
  cosigned: number;
}

const CLIENTS = 5;
const WORKERS = 3;
const WITNESS = "witness.example.org";
const MOST_EVENTS = 5;
const MIN_DELAY_MS = 5;
const MAX_DELAY_MS = 900;
/** A ledger serves so many rounds; then a new one begins, so that audits stay short. */
const ROUNDS_A_LEDGER = 20;
/** In every so many rounds the kill may come before anything is acknowledged; in the others after. */
const KILL_FIRST_EVERY = 4;
/** In every so many rounds the service is killed once more while it starts. */
const KILL_STARTING_EVERY = 3;
/** After every so many kills custody is derived again and compared. */
const REBUILD_EVERY = 2;
/** The first start approves by itself; in the rounds an authority decides. */
const PREPARING = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };

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
    rebuiltSame: 0,
    rebuiltOther: 0,
    works: Object.fromEntries(
      WORK_KINDS.map((kind) => [kind, { acknowledged: 0, found: 0 }]),
    ) as KillCounts["works"],
    codesMissing: 0,
    scans: { sent: 0, answered: 0, counted: 0 },
    cosigned: 0,
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
  /** The next work, and those acknowledged so far. */
  private nextWork = 0;
  private readonly done: Done[] = [];
  private environment: Record<string, string> = PREPARING;
  private code = "";

  constructor(counts: KillCounts, random: () => number, told: (line: string) => void) {
    this.counts = counts;
    this.random = random;
    this.told = told;
  }

  async run(rounds: number): Promise<void> {
    let service = await startService(this.folder, PREPARING);
    let witness: Started | undefined;
    try {
      const goods = await prepareGoods(service.url, service.operatorKey);
      const first = `/v1/batches/${goods.batch}/codes?format=text&first=0&last=0`;
      this.code = (await call(service.url, "GET", first, { key: goods.maker })).text.trim();
      witness = await this.startWitness(service);
      await service.stop();
      service = await startService(this.folder, this.environment);
      for (let round = 0; round < rounds; round++) service = await this.round(service, goods);
      // What every round acknowledged must still be there after all later kills.
      this.count(this.acknowledged, await listed(service.url, goods), []);
      await this.countWorks(service, goods);
      await service.stop();
      await this.rebuild();
    } finally {
      for (const { child, ended } of witness === undefined ? [service] : [service, witness]) {
        child.kill("SIGKILL");
        await ended;
      }
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
    const done: Done[] = [];
    const halfDone: Work[] = [];
    const workers = Promise.allSettled(
      Array.from({ length: WORKERS }, () => this.work(service, goods, done, halfDone)),
    );
    const looking = Promise.all([this.look(service), this.scan(service)]);
    if (counts.rounds % KILL_FIRST_EVERY > 0) await until(() => answered.size > 0 || unanswered.length > 0);
    const delayMs = this.delay();
    await new Promise((later) => setTimeout(later, delayMs));
    await kill(service);
    await looking;
    for (const client of [...(await clients), ...(await workers)])
      if (client.status === "rejected") throw client.reason;
    counts.kills += 1;
    if (unanswered.length > 0) counts.underWrites += 1;
    if (counts.rounds % KILL_STARTING_EVERY === 0) await this.killStarting();
    if (counts.rounds % REBUILD_EVERY === 0) await this.rebuild();

    const again = await startService(this.folder, this.environment);
    await this.monitor(again);
    const receipts = [...answered.values()].flat();
    const before = await listed(again.url, goods, from);
    const recorded = new Set(before.map(({ id }) => id));
    for (const sent of unanswered) await this.repeat(again.url, goods, sent, recorded);
    for (const one of done.slice(0, 1)) await this.finish(again.url, goods, one.work, one.id);
    for (const work of halfDone) done.push(await this.finish(again.url, goods, work));
    this.done.push(...done);
    for (const { work } of done) counts.works[work.kind].acknowledged += 1;
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
        `${done.length} works done, ${unanswered.length + halfDone.length} requests unanswered, audit of ${size} records ${ok ? "ok" : "FAILED"}`,
    );
    return again;
  }

  /** Orders, files, uploads, recalls, makes keys and audits until the service is gone. */
  private async work({ url }: Service, goods: Goods, done: Done[], halfDone: Work[]): Promise<void> {
    for (;;) {
      const work = workOf(this.nextWork++, goods);
      const result = await doWork(url, goods, work);
      if (result === undefined) return void halfDone.push(work);
      done.push(result);
    }
  }

  /** Derives custody again beside the stored one, and compares them. */
  private async rebuild(): Promise<void> {
    const args = ["rebuild", "--check", "--data", this.folder];
    const { code, stdout, stderr } = await start("cli/main.ts", args).ended;
    this.counts[code === 0 ? "rebuiltSame" : "rebuiltOther"] += 1;
    if (code !== 0) this.told(`derived again, custody differs: ${stdout}${stderr}`);
  }

  /** A work that a kill interrupted is completed by its repetition, and repeated again it has the same answer. */
  private async finish(url: string, goods: Goods, work: Work, known?: string): Promise<Done> {
    const first = await doWork(url, goods, work);
    const second = await doWork(url, goods, work);
    if (first === undefined) throw new Error(`${work.kind} ${work.label} was refused after the kill`);
    if (second?.id !== first.id || (known ?? first.id) !== first.id) this.counts.changed += 1;
    return first;
  }

  /** Scans one code until the service is gone. */
  private async scan({ url }: Service): Promise<void> {
    try {
      for (;;) {
        this.counts.scans.sent += 1;
        const { status } = await call(url, "GET", `/v1/scan/${this.code}`);
        if (status === 200) this.counts.scans.answered += 1;
        await new Promise((later) => setTimeout(later, 5));
      }
    } catch {
      // It is gone.
    }
  }

  /** After all kills: every acknowledged work is there, none twice, and every order has its codes. */
  private async countWorks({ url }: Service, goods: Goods): Promise<void> {
    const { counts } = this;
    for (const one of this.done)
      if (await isThere(url, goods, one)) counts.works[one.work.kind].found += 1;
      else this.told(`${one.work.kind} ${one.work.label} was acknowledged and is not there`);
    const doubled = await twice(url, goods);
    if (doubled.length > 0) this.told(`stored twice: ${doubled.join(", ")}`);
    counts.doubled += doubled.length;
    const orders = this.done.filter(({ work }) => work.kind === "order");
    counts.codesMissing += await missingCodes(url, goods, orders);
    counts.scans.sent += 1;
    const scan = `/v1/scan/${this.code}`;
    counts.scans.counted += (await get<{ scans: { count: number } }>(url, "GET", scan)).scans.count;
  }

  /** A witness that outlives the kills; from now on the service asks it for cosignatures. */
  private async startWitness({ url }: Service): Promise<Started> {
    const logs = join(this.folder, "witness-logs");
    writeFileSync(logs, (await call(url, "GET", "/log/vkey")).text);
    const data = join(this.folder, "witness");
    const args = ["witness", "--data", data, "--logs", logs, "--name", WITNESS, "--port", "0"];
    const started = start("cli/main.ts", args);
    const [, at = ""] = await started.wrote(/listening at (http:\S+),/);
    const vkey = /Witness (\S+)/.exec(started.stdout())?.[1] ?? "";
    const policy = join(this.folder, "policy");
    writeFileSync(policy, `witness w ${vkey} ${at}\nquorum w\n`);
    this.environment = {
      SUYUAN_ANONYMOUS_PER_MINUTE: "0",
      SUYUAN_WITNESS_POLICY: policy,
      SUYUAN_WITNESS_EVERY_SECONDS: "0",
    };
    return started;
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
      const checkpoint = await textAt("/log/checkpoint");
      if (checkpoint.includes(`\n— ${WITNESS} `)) this.counts.cosigned += 1;
      this.monitored = await monitorRound({
        // Without a quorum the service publishes too (`go-on`): cosignatures are counted apart.
        policy: parsePolicy((await textAt("/log/policy")).replace(/^quorum .*$/m, "quorum none")),
        kept: this.monitored,
        shown: this.shown === "" ? undefined : parseCheckpoint(parseNote(this.shown).text),
        checkpoint,
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
      ...this.environment,
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
