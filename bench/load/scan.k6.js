// k6: mixed scans, JSON and pages, at rising rates; every verdict is checked.
import http from "k6/http";
import { check } from "k6";
import { SharedArray } from "k6/data";
import { Trend } from "k6/metrics";

const scans = new SharedArray("scans", () => JSON.parse(open(__ENV.SCANS)));
const stages = JSON.parse(__ENV.STAGES);
const seconds = Number(__ENV.SECONDS);
const took = stages.map((rate) => new Trend(`took_${rate}`, true));

export const options = {
  scenarios: Object.fromEntries(
    stages.map((rate, stage) => [
      `stage_${rate}`,
      {
        executor: "constant-arrival-rate",
        rate,
        timeUnit: "1s",
        duration: `${seconds}s`,
        startTime: `${stage * seconds}s`,
        preAllocatedVUs: 128,
        env: { STAGE: String(stage) },
      },
    ]),
  ),
  thresholds: {
    checks: ["rate==1"],
    http_req_failed: ["rate==0"],
    http_req_duration: ["med<20", "p(95)<100", "p(99)<250"],
  },
  summaryTrendStats: ["med", "p(95)", "p(99)", "max"],
};

export default function scan() {
  const { path, verdict } = scans[Math.floor(Math.random() * scans.length)];
  const page = Math.random() < 0.1;
  const accept = page ? "text/html" : "application/json";
  const response = http.get(__ENV.URL + path, { headers: { Accept: accept }, tags: { name: "scan" } });
  took[Number(__ENV.STAGE)].add(response.timings.duration);
  check(response, {
    "the verdict is right": ({ status, body }) =>
      status === 200 && (page ? /^<!doctype html>/i.test(body) : JSON.parse(body).verdict === verdict),
  });
}

export function handleSummary({ metrics }) {
  const of = (name, figure) => metrics[name]?.values[figure];
  const summary = {
    scans: of("http_reqs", "count"),
    rightShare: of("checks", "rate"),
    crossed: Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
      Object.keys(thresholds)
        .filter((rule) => !thresholds[rule].ok)
        .map((rule) => `${name} ${rule}`),
    ),
    dropped: of("dropped_iterations", "count") ?? 0,
    stages: stages.map((rate) => ({
      rate,
      p50Ms: of(`took_${rate}`, "med"),
      p95Ms: of(`took_${rate}`, "p(95)"),
      p99Ms: of(`took_${rate}`, "p(99)"),
    })),
  };
  return { stdout: `\n${JSON.stringify(summary)}\n` };
}
