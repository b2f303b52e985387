import { readFileSync } from "node:fs";
import { itemKey } from "../../src/core/code/serial.ts";
import { readPlainRequest } from "../../src/node/plain-request.ts";
import { answerJson } from "../../src/scan/answer-json.ts";
import { BatchFactsCache } from "../../src/scan/batch-facts.ts";
import { RecallIndex } from "../../src/scan/recalls.ts";
import { Statuses } from "../../src/scan/statuses.ts";
import { Tally } from "../../src/scan/tally.ts";
import type { Service } from "../../src/services/service.ts";
import { type Bench, copyOfStore, withService } from "../bench.ts";
import { wanted } from "../options.ts";
import { median } from "../statistics.ts";
import { drawTraffic } from "../traffic.ts";

const MOST_DRAWN = 400_000;
const ROUNDS = 5;
const PAGES_BYTES = 2 ** 26;

/** Where the time of a scan goes: each step by itself, in this process, over codes drawn at random from all issued. */
export async function stepRows(bench: Bench): Promise<void> {
  if (!wanted(bench.options, "scan_in_process_us")) return;
  const { manifest } = bench.seeded;
  const count = Math.min(MOST_DRAWN, manifest.figures.codes);
  await withService(copyOfStore(bench, "steps"), async ({ service }) => {
    const drawn = { folder: bench.work, count, mixedCount: 0, seed: bench.options.seed };
    const paths = readFileSync(drawTraffic(service, manifest, drawn).genuine, "utf8")
      .trimEnd()
      .split("\n");
    const found = measureSteps(service, paths);
    const told = Object.entries(found).map(([step, us]) => `${step} ${us.toFixed(2)}`);
    bench.measured.add("scan_in_process_us", found["whole answer"], `µs each: ${told.join(", ")}`);
  });
}

function measureSteps(service: Service, paths: readonly string[]) {
  const { keyring, register, store, scan } = service;
  const requests = paths.map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n`),
  );
  const codes = paths.map((path) => path.slice(path.lastIndexOf("/") + 1));
  const opened = codes.map((code) => {
    const found = keyring.decipher(code, register.bySerial);
    if (found === null) throw new Error(`${code} was drawn from what was issued, and does not open`);
    return { batch: found.batch, key: itemKey(found.epoch, found.serial) };
  });
  const facts = new BatchFactsCache(store);
  const statuses = new Statuses(store);
  const recalls = new RecallIndex(store);
  const tally = new Tally((number) => store.scans.page(number), PAGES_BYTES);
  const nowMs = service.platform.now();
  const question = { region: "unknown", nowMs, counts: false };
  return {
    "reading the request": microseconds(
      requests.length,
      (i) => readPlainRequest(at(requests, i))?.target.length,
    ),
    "opening the code and finding its batch": microseconds(
      codes.length,
      (i) => keyring.decipher(at(codes, i), register.bySerial)?.serial,
    ),
    status: microseconds(opened.length, (i) => statuses.of(at(opened, i).key)?.length),
    "batch's facts": microseconds(opened.length, (i) => facts.of(at(opened, i).batch).length),
    recalls: microseconds(opened.length, (i) => recalls.find(at(opened, i).key)?.level),
    tally: microseconds(opened.length, (i) => tally.add(at(opened, i).key, 0, nowMs / 1000, 1).count),
    "whole answer": microseconds(codes.length, (i) => answerJson(scan.answer(at(codes, i), question)).length),
  };
}

function at<T>(values: readonly T[], i: number): T {
  return values[i % values.length] as T;
}

/** The median of rounds; the first, in which caches fill and code is compiled, is left out. */
function microseconds(count: number, step: (i: number) => number | undefined): number {
  const rounds: number[] = [];
  let sum = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const startedAt = performance.now();
    for (let i = 0; i < count; i++) sum += step(i) ?? 0;
    rounds.push(((performance.now() - startedAt) * 1000) / count);
  }
  // What was worked out is used, so that no engine leaves it out.
  if (!Number.isFinite(sum)) throw new Error("a step gave no number");
  return median(rounds.slice(1));
}
