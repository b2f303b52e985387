import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Service, startService, temporaryFolder } from "../cli/process.ts";
import { CREAM } from "../http/actors.ts";
import { call, get, prepareGoods } from "../faults/client.ts";
import type { Waits } from "./scanner.ts";
import { type Shape, shapeOf, SHAPES, type Target } from "./shapes.ts";

/** What others waited without and with one shape. */
export interface Measurement {
  shape: string;
  /** What the attacker was answered. */
  answer: string;
  without: Waits;
  /** While the same attack is on another server, which only answers: what the attacker takes of a shared machine. */
  beside: Waits;
  with: Waits;
  /** p99 with the attack by p99 without it, or by p99 with the attack beside, whichever is longer. */
  times: number;
  /** Growth of the service's memory, MB; undefined where the system does not say. */
  memoryMb: number | undefined;
  ok: boolean;
}

/** Others may wait so many times as long, and never longer than the bound. */
const MOST_TIMES = 3;
const MOST_P99_MS = 250;
/** Below this a ratio says nothing: the machine's own moments decide it. */
const LEAST_P99_MS = 10;
const QUIET_MS = 3000;
const ENVIRONMENT = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };

/**
 * Starts a service with 100,000 codes, and runs each shape against it while another process scans.
 * @param only names of shapes; all where empty
 * @param found called with each measurement
 * @throws RangeError for a name that no shape has
 */
export async function measureShapes(
  only: readonly string[],
  found: (measurement: Measurement) => void,
): Promise<Measurement[]> {
  const chosen = only.length === 0 ? SHAPES : only.map(shapeOf);
  const all: Measurement[] = [];
  const folder = temporaryFolder();
  let service = await startService(folder, ENVIRONMENT);
  const bystander = await startBystander();
  try {
    const target = await prepare(service);
    for (const shape of chosen) {
      if (service.child.exitCode !== null || service.child.signalCode !== null) {
        service = await startService(folder, ENVIRONMENT);
        Object.assign(target, placeOf(service));
      }
      const measurement = await measure(shape, target, service, placeOf({ url: bystander.url }));
      all.push(measurement);
      found(measurement);
    }
  } finally {
    service.child.kill("SIGKILL");
    bystander.child.stdin.end();
    await service.ended;
    rmSync(folder, { recursive: true, force: true });
  }
  return all;
}

async function prepare(service: Service): Promise<Target> {
  const goods = await prepareGoods(service.url, service.operatorKey);
  const { url } = service;
  const stop = new AbortController();
  const headers = { Authorization: `Bearer ${goods.maker}` };
  const answer = await fetch(`${url}/v1/batches/${goods.batch}/codes?format=text`, {
    headers,
    signal: stop.signal,
  });
  const { value } = await answer.body!.getReader().read();
  stop.abort();
  const code = new TextDecoder().decode(value).slice(0, 16);
  const product = { ...CREAM, gtin: "9520003000018" };
  const { id } = await get<{ id: string }>(url, "POST", "/v1/products", { key: goods.maker, body: product });
  // What is made once in the life of a process is made before.
  for (const path of ["/docs", `/T/${code}`]) await call(url, "GET", path);
  return { ...placeOf(service), folder: service.folder, goods, product: id, code };
}

type Place = Pick<Target, "url" | "port">;

function placeOf({ url }: Pick<Service, "url">): Place {
  return { url, port: Number(new URL(url).port) };
}

async function measure(
  shape: Shape,
  target: Target,
  service: Service,
  bystander: Place,
): Promise<Measurement> {
  const without = await scanning(target, () => new Promise((later) => setTimeout(later, QUIET_MS)));
  const before = residentMb(service);
  let answer = "";
  const beside = shape.holdsStore
    ? without
    : await scanning(target, () => attackIn(shape, { ...target, ...bystander }));
  const attacked = await scanning(target, async () => {
    answer = await attackIn(shape, target);
  });
  const after = residentMb(service);
  const times = attacked.p99Ms / Math.max(without.p99Ms, beside.p99Ms);
  return {
    shape: shape.name,
    answer,
    without,
    beside,
    with: attacked,
    times,
    memoryMb: before === undefined || after === undefined ? undefined : after - before,
    ok: attacked.p99Ms <= MOST_P99_MS && (times <= MOST_TIMES || attacked.p99Ms <= LEAST_P99_MS),
  };
}

/** A bare server: see bystander.ts. It ends with its input. */
async function startBystander() {
  const child = spawn(process.execPath, [join(import.meta.dirname, "bystander.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return { child, url: `http://127.0.0.1:${Number(port)}` };
}

/** Attacks in another process. @returns what it got, in words */
async function attackIn({ name }: Shape, target: Target): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "attacker.ts"), "--shape", name], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(target));
  return (await text(child.stdout)).trim();
}

/** Scans in another process while `work` runs. */
async function scanning({ port, code }: Target, work: () => Promise<unknown>): Promise<Waits> {
  const words = [
    join(import.meta.dirname, "scanner.ts"),
    "--port",
    String(port),
    "--path",
    `/v1/scan/${code}`,
  ];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (printed += more));
  const ended = new Promise((settle) => child.once("close", settle));
  // The scanner's connections are open and its first scans answered before an attack.
  await new Promise((later) => setTimeout(later, 400));
  await work();
  child.stdin.end();
  await ended;
  return JSON.parse(printed) as Waits;
}

function residentMb({ child }: Service): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(
      readFileSync(join("/proc", String(child.pid), "status"), "utf8"),
    );
    return kibibytes === null ? undefined : (Number(kibibytes[1]) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}
